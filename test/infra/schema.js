import { readFileSync } from "node:fs";
export const schema = JSON.parse(readFileSync("test/infra/provider-schema.json", "utf8"));
/** `set(string) optional computed` → type and flags. */
export function attributeOf(text) {
    const [type, ...flags] = text.split(" ");
    return {
        type,
        required: flags.includes("required"),
        optional: flags.includes("optional"),
        computed: flags.includes("computed"),
    };
}
