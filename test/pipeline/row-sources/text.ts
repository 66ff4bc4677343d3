import { openText } from "../../../src/pipeline/source.ts";
import type { SampleSource } from "./sample.ts";

const HEADER = "timestamp,device_id,value,unit,anomaly_score";

export const text: SampleSource = {
  open: openText,
  front: `${HEADER}\n`,
  lines: [
    "2025-01-01T00:00:00Z,A,1,C,0.1",
    '"2025-01-01T00:00:01Z","B ""x""",2,"two\nlines",0.2',
    "2025-01-01T00:00:02Z,A,x,C,0.9",
    "",
    HEADER,
    "1,2",
    "ÄÖ,\u{1f600}",
    "\0",
    '"',
  ],
  wanted: {
    text: `\ufeff${HEADER}\r\n2025-01-01T00:00:00Z,A,1,C,0.1\r\n"2025-01-01T00:00:00Z","a\nb",x,C,0.1\n2025-01-01T00:00:02Z,A,2,C,0.2`,
    silver: `${HEADER}\n2025-01-01T00:00:00Z,A,1,C,0.1\n2025-01-01T00:00:02Z,A,2,C,0.2\n`,
    rejects: [[3, "value_invalid", '"2025-01-01T00:00:00Z","a\nb",x,C,0.1']],
    absent: 0,
  },
};
