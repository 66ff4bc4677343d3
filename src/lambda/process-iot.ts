import { createPipelineFunction } from "./pipeline.ts";

export const handler = await createPipelineFunction("bronzeToSilver", process.env);
