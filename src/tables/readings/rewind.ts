import { type Rewound, rewindTable } from "../delta/rewind.ts";
import { READINGS } from "./layout.ts";
import { forgetProgress, type TableRun } from "./receipts.ts";

/**
 * Puts a table of which a part has arrived, as in a replica, back to its newest whole version. What its receipts say is looked at anew by
 * the next sync, for they have arrived by themselves, too. Null where there is no table.
 */
export async function rewindReadings({ storage }: TableRun): Promise<Rewound | null> {
  const rewound = await rewindTable(storage, READINGS);
  if (rewound !== null) await forgetProgress(storage);
  return rewound;
}
