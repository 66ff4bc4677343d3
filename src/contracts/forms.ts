import * as z from "zod/mini";

/**
 * The few forms that the vocabulary is written in. Each says what is allowed once: that text is the message of its
 * problems and its description in the JSON Schema, where editors show it.
 */

export function described<T extends z.core.$ZodType>(schema: T, description: string): T {
  z.globalRegistry.add(schema, { description });
  return schema;
}

/** A text of this pattern. */
export function matching(pattern: RegExp, allowed: string) {
  return described(z.string({ error: allowed }).check(z.regex(pattern, { error: allowed })), allowed);
}

export function oneText<const T extends readonly string[]>(allowed: T, description: string) {
  return described(z.enum(allowed, { error: allowed.map((one) => JSON.stringify(one)).join(", ") }), description);
}

/** A list of such things, `least` to `most` of them. */
export function listOf<T extends z.core.SomeType>(of: T, allowed: string, least = 0, most = 1000) {
  const error = `${allowed}, ${least} to ${most} of them`;
  return described(
    z.array(of, { error: allowed }).check(z.minLength(least, { error }), z.maxLength(most, { error })),
    allowed,
  );
}

export function numberOf(allowed: string, least?: number, most?: number) {
  const schema = z.number({ error: allowed });
  const checks = [
    ...(least === undefined ? [] : [z.gte(least, { error: allowed })]),
    ...(most === undefined ? [] : [z.lte(most, { error: allowed })]),
  ];
  return described(schema.check(...checks), allowed);
}

/** The number of a physical line or of a field in it, counted from 1. */
export function ordinal(allowed: string) {
  return described(
    z.int({ error: allowed }).check(z.gte(1, { error: allowed }), z.lte(1000, { error: allowed })),
    allowed,
  );
}

export function yesOrNo(description: string) {
  return described(z.boolean({ error: "true, false" }), description);
}

/** Names that the owner of a source chose, each with what belongs to it. */
export function named<T extends z.core.SomeType>(name: z.core.$ZodRecordKey, of: T, allowed: string) {
  return described(z.record(name, of, { error: allowed }), allowed);
}

/** An object of these keys and no other; its problems name the keys. */
export function shape<T extends z.core.$ZodLooseShape>(fields: T) {
  return z.strictObject(fields, { error: Object.keys(fields).join(", ") });
}

/** Objects of which each is known by a key that no other has; the problems of all of them name these keys. */
export function formsOf<const T extends readonly z.core.SomeType[]>(keys: readonly string[], forms: T) {
  return z.union(forms, { error: keys.join(", ") });
}
