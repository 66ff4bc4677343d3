import { type GlobalFlags, type Io, print, printJson } from "../../io.ts";

export async function action(io: Io, flags: GlobalFlags): Promise<number> {
  const { default: schema } = await import("../../../contracts/contract.schema.json", { with: { type: "json" } });
  if (flags.json) await printJson(io, { version: 1, schema });
  else await print(io, `${JSON.stringify(schema, null, 2)}\n`);
  return 0;
}
