import { createTriggeredFunction } from "../triggered.ts";

export const handler = await createTriggeredFunction("silverToGold", process.env);
