import { topology } from "../../topology.ts";

/** Where the table of readings is: the one folder of the lake that nothing else may stand in. */
export const READINGS = `${topology.layers.tables.prefix}readings/`;
