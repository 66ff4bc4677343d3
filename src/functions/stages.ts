import { termsFor } from "../contracts/lake.ts";
import type { StageContext, StageResult } from "../pipeline/stages.ts";
import * as stages from "../pipeline/stages.ts";

/**
 * Splits one object of bronze into anomalies, rejects and silver, published in that order, read and judged as the contracts
 * of the lake say, unless the context has `terms`. Running it again writes the same bytes.
 *
 * Throws a data fault (see `isDataFault`) when the file is refused, `superseded` when it was replaced meanwhile, `conflict`
 * when an output was, `contract_missing` for a batch that no contract reads, `contract_invalid` for a contract that is wrong.
 */
export async function bronzeToSilver(context: StageContext, key: string): Promise<StageResult> {
  return stages.bronzeToSilver(await withTerms(context, key), key);
}

/** Both stages in one pass over an object of bronze, see {@link bronzeToSilver}: byte for byte what they write one after the other. */
export async function bronzeToGold(
  context: StageContext,
  key: string,
): Promise<{ silver: StageResult; gold: StageResult }> {
  return stages.bronzeToGold(await withTerms(context, key), key);
}

async function withTerms(context: StageContext, key: string): Promise<StageContext> {
  return context.terms === undefined ? { ...context, terms: await termsFor(context, key) } : context;
}
