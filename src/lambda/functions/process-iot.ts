import { createTriggeredFunction } from "../triggered.ts";

export const handler = await createTriggeredFunction("bronzeToSilver", process.env);
