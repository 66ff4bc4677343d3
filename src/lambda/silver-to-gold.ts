import { createPipelineFunction } from "./pipeline.ts";

export const handler = await createPipelineFunction("silverToGold", process.env);
