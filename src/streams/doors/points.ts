import { Point } from "../../contracts/frames/line-protocol/point.ts";

const [TAB, LF, CR, BLANK, HASH] = [9, 10, 13, 32, 35];
const LINE_ENDS = Buffer.from("\n\n");
/** Characters of a wrong line that are shown. */
const MAX_SHOWN = 160;

/** Why nothing of a request can be kept. */
export interface WrongLine {
  /** The physical line, 1-based. */
  readonly line: number;
  readonly message: string;
}

/** The points of a request in line protocol, one after the other; comments and empty lines are none. */
export class Points {
  readonly b: Buffer;
  /** The one at hand: `b[start..end)`, which begins in `line`. */
  readonly point = new Point(new Map());
  start = 0;
  end = 0;
  line = 1;

  constructor(bytes: Buffer) {
    this.b = Buffer.concat([bytes, LINE_ENDS]);
  }

  /** Calls `take` for each point, which says whether its time is one. Returns what is wrong with the first that is none; null where all are points. */
  readAll(take: () => boolean): WrongLine | null {
    const { b, point } = this;
    const end = b.length - 1;
    for (let p = 0; p < end; this.line++) {
      while (b[p] === BLANK || b[p] === TAB) p++;
      this.start = p;
      if (b[p] === HASH) while (b[p] !== LF && b[p] !== CR) p++;
      else if (b[p] !== LF && b[p] !== CR) {
        p = point.read(b, p, end);
        this.end = p;
        const why = p < 0 ? this.#whyNoPoint(end) : this.#whyNotTaken(take);
        if (why !== null) return { line: this.line, message: `${this.#shown()}${why}` };
        this.line += point.lines;
      }
      p += b[p] === CR && b[p + 1] === LF ? 2 : 1;
    }
    return null;
  }

  #whyNotTaken(take: () => boolean): string | null {
    if (this.point.isKeyTwice) return ": a tag or field stands twice";
    return take() ? null : ": time outside range";
  }

  #whyNoPoint(end: number): string {
    const { b, start } = this;
    const { fault } = this.point;
    if (fault >= end) return ": a quote is never closed";
    const how = "A line is measurement,tag=value field=1.5 1735689600000000000";
    if (b[fault] === LF || b[fault] === CR) return `: it ends too early, or with what is no value. ${how}`;
    return `: character ${b.toString("utf8", start, fault).length + 1} cannot stand there. ${how}`;
  }

  /** As much of the line as is worth showing, as InfluxDB begins what it says of one. */
  #shown(): string {
    const { b, start } = this;
    let to = start;
    while (b[to] !== LF && b[to] !== CR) to++;
    const line = b.toString("utf8", start, to);
    return `unable to parse '${line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN)}…` : line}'`;
  }
}
