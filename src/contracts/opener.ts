import type { OpenRows } from "../pipeline/source.ts";
import type { ZoneRules } from "./fields/zones.ts";
import { openContract } from "./open.ts";
import { openInThread } from "./threads/open.ts";
import type { Contract } from "./vocabulary.ts";

/** How sources are opened by a contract of rows of its own: here, or in a thread where there is a script of one. */
export function openerFor(contract: Contract, zones: ZoneRules | null) {
  return (maxRowBytes: number, script: URL | undefined): OpenRows => {
    const here = openContract({ contract, zones, maxRowBytes });
    return script === undefined ? here : openInThread({ script, contract, maxRowBytes }, here);
  };
}
