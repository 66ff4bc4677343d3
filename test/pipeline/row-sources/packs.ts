import { opened } from "./records.ts";
import type { SampleSource } from "./sample.ts";

/** Packs of SenML, one a line. */
export const packs: SampleSource = {
  open: await opened({ suffixes: [".json"], format: { type: "senml", trueValues: ["true"] } }),
  lines: [
    '[{"bn":"urn:a:","bt":1735689600,"bu":"Cel","n":"t","v":1.5},{"n":"h","u":"%RH","t":1,"v":70}]',
    '[{"n":"b","t":1735689600,"vb":true},{"n":"b","t":1735689600,"vs":"x"}]',
    '[{"n":"a b","t":1735689600,"v":1}]',
    "[]",
    '[{"n":"c","u":"m","t":1735689600,"v":0.1,"bv":0.2}]',
  ],
  wanted: {
    text: '[{"bn":"urn:a:","bt":1735689600,"bu":"Cel","n":"t","v":1.5},\n{"n":"h","u":"%RH","t":1.25,"v":70},{"n":"!","v":1},{"n":"s","vs":"x"}]\n[{"n":"c","u":"m","t":1735689600,"v":0.1,"bv":0.2}]',
    silver:
      "timestamp,device_id,value,unit,anomaly_score\n2025-01-01T00:00:00Z,urn:a:t,1.5,Cel,0\n2025-01-01T00:00:01.25Z,urn:a:h,70,%RH,0\n2025-01-01T00:00:00Z,c,0.3,m,0\n",
    rejects: [[2, "senml_invalid", '{"n":"!","v":1}']],
    absent: 1,
  },
};
