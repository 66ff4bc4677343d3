import type { OpenRows } from "../pipeline/source.ts";
import { ContractRows } from "./contract-rows.ts";
import { openDelimited } from "./open-delimited.ts";
import type { OpenOptions } from "./open-options.ts";
import { openRecords } from "./open-records.ts";
import { openSourceText } from "./text.ts";

/** The sources of rows of a contract. */
export function openContract(options: OpenOptions): OpenRows {
  return (object, pull, arena) => {
    const { contract } = options;
    const text = openSourceText(object.key, pull, contract.format);
    const open = contract.format.type === "csv" ? openDelimited : openRecords;
    const { frame, maker } = open(object, text.pull, options);
    const asksMeasure = contract.rules.some(({ measures }) => measures !== undefined);
    return new ContractRows({ frame, arena, maker, asksMeasure, ...text });
  };
}
