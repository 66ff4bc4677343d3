import type { OpenRows } from "../pipeline/source.ts";
import { ContractRows } from "./contract-rows.ts";
import { openFrame } from "./open-frame.ts";
import type { OpenOptions } from "./open-options.ts";
import { openSourceText } from "./text.ts";

/** The sources of rows of a contract. */
export function openContract(options: OpenOptions): OpenRows {
  return (object, pull, arena) => {
    const { contract } = options;
    const text = openSourceText(object.key, pull, contract.format);
    const { frame, maker } = openFrame(object, text.pull, options);
    const askedMeasures = [...new Set(contract.rules.flatMap(({ measures = [] }) => measures))];
    return new ContractRows({ key: object.key, frame, arena, maker, askedMeasures, ...text });
  };
}
