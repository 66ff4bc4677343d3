import { describe, expect, it } from "vitest";
import topology from "../../src/topology.json" with { type: "json" };
import { type Block, configuration, locals, nested, sources, type Value } from "./configuration.ts";
import { attributeOf, type BlockSchema, schema } from "./schema.ts";

/** Arguments that every resource and data source has. */
const META = ["for_each", "count", "depends_on", "lifecycle", "provider", "dynamic"];

interface Declaration {
  readonly address: string;
  readonly type: string;
  readonly block: Block;
  readonly schema: BlockSchema | undefined;
}

const declarations: Declaration[] = [
  ...declared(configuration.resource, schema.resources, ""),
  ...declared(configuration.data, schema.data, "data."),
];

function declared(kind: typeof configuration.resource, schemas: typeof schema.resources, prefix: string) {
  return Object.entries(kind).flatMap(([type, names]) =>
    Object.entries(names).map(([name, [block]]) => ({
      address: `${prefix}${type}.${name}`,
      type,
      block,
      schema: schemas[type],
    })),
  );
}

/** What is wrong with a block, by the provider's schema. */
function problems(block: Block, known: BlockSchema, path: string): string[] {
  const dynamic = Object.keys((block.dynamic ?? {}) as Block);
  const names = [...Object.keys(block).filter((name) => !META.includes(name)), ...dynamic];
  const unknown = names.filter((name) => !(name in known.attributes) && !(name in known.blocks));
  const attributes = Object.entries(known.attributes).flatMap(([name, text]) => {
    const { type, required, optional } = attributeOf(text);
    const at = `${path}.${name}`;
    if (block[name] === undefined) return required ? [`${at} is missing`] : [];
    if (!required && !optional) return [`${at} cannot be set`];
    return [...(fits(block[name], type) ? [] : [`${at} is no ${type}`]), ...notOneOf(block[name], at)];
  });
  const blocks = Object.entries(known.blocks).flatMap(([name, inner]) => {
    const found = nested(block, name);
    const at = `${path}.${name}`;
    const few = found.length < (inner.min ?? 0) ? [`${at} is missing`] : [];
    const many = ((block[name] ?? []) as Block[]).length > (inner.max ?? Infinity) ? [`${at} is there twice`] : [];
    return [...few, ...many, ...found.flatMap((one) => problems(one, inner, at))];
  });
  return [...unknown.map((name) => `${path}.${name} does not exist`), ...attributes, ...blocks];
}

/** Whether a literal has the type; what an expression gives is seen by Terraform only. */
function fits(value: Value, type: string): boolean {
  if (typeof value === "string" && value.startsWith("${")) return true;
  const [, collection, element] = /^(\w+)\((\w+)\)$/.exec(type) ?? [];
  if (collection === undefined) return typeof value === { bool: "boolean" }[type] || typeof value === type;
  if (typeof value !== "object" || value === null) return false;
  return Array.isArray(value) === (collection !== "map") && Object.values(value).every((one) => fits(one, element));
}

function notOneOf(value: Value, path: string): string[] {
  const allowed = schema.enums[path];
  const given = (Array.isArray(value) ? value : [value]).filter((one) => !String(one).startsWith("${"));
  return allowed === undefined ? [] : given.filter((one) => !allowed.includes(one)).map((one) => `${path} is ${one}`);
}

describe("held against the real provider's schema", () => {
  it("names where the schema is from", () => {
    expect(schema.source).toMatchObject({
      package: "@cdktn/provider-aws@25.7.0",
      provider: "hashicorp/aws 6.66.0",
    });
  });

  for (const { address, type, block, schema: known } of declarations) {
    it(`${address} has the arguments that there are, and those that it needs`, () => {
      expect(known).toBeDefined();
      expect(problems(block, known!, type)).toEqual([]);
    });
  }

  it("would notice what is wrong", () => {
    const known = schema.resources.aws_scheduler_schedule;
    const wrong = { flexible_time_window: [{ mode: "SOMETIMES" }], arn: "a", schedule_expression: 5, retries: 1 };
    expect(problems(wrong, known, "aws_scheduler_schedule")).toEqual([
      "aws_scheduler_schedule.retries does not exist",
      "aws_scheduler_schedule.arn cannot be set",
      "aws_scheduler_schedule.schedule_expression is no string",
      "aws_scheduler_schedule.flexible_time_window.mode is SOMETIMES",
      "aws_scheduler_schedule.target is missing",
    ]);
  });

  it("the topology's storage classes and events are ones that S3 has", () => {
    const classes = Object.values(topology.layers).flatMap((layer) =>
      "transition" in layer ? [layer.transition.storageClass] : [],
    );
    expect(classes).toEqual(["INTELLIGENT_TIERING"]);
    const path = "aws_s3_bucket_lifecycle_configuration.rule.transition.storage_class";
    expect(schema.enums[path]).toEqual(expect.arrayContaining(classes));
    const events = Object.values(topology.functions).flatMap(({ startedBy }) =>
      "events" in startedBy ? startedBy.events : [],
    );
    expect(schema.enums["aws_s3_bucket_notification.lambda_function.events"]).toEqual(expect.arrayContaining(events));
  });
});

describe("the references", () => {
  // What was moved is declared under its new name.
  const { moved: _, ...declared } = configuration as unknown as Record<string, Value>;
  const expressions = [...new Set(strings(declared))].filter((text) => text.includes("${"));

  it("lead to what is declared, and to attributes that the resource has", () => {
    const found = referencesIn(expressions);
    expect(found.length).toBeGreaterThan(100);
    expect(found.filter((reference) => !leadsSomewhere(reference))).toEqual([]);
    const invented = ["var.nothing", "local.nothing", "aws_s3_bucket.nothing.id", "aws_s3_bucket.lake.nothing"];
    const drifted = ["local.topology.functions.bronzeToSilver.startedBy.suffix", "data.aws_partition.current.nothing"];
    expect([...invented, ...drifted].filter(leadsSomewhere)).toEqual([]);
  });

  it("use every variable and every local", () => {
    const used = referencesIn(expressions).map((reference) => reference.split(/[.[]/, 2).join("."));
    const names = [
      ...Object.keys(configuration.variable).map((name) => `var.${name}`),
      ...Object.keys(locals).map((name) => `local.${name}`),
    ];
    expect(names.filter((name) => !used.includes(name))).toEqual([]);
  });

  it("of each.value are to what every element of the topology has", () => {
    const text = Object.values(sources).join("\n");
    const elements = Object.values(topology.functions);
    const used = new Set([...text.matchAll(/\beach\.value\.(\w+)/g)].map(([, name]) => name));
    for (const name of ["id", "arn", "region"]) used.delete(name); // those of buckets
    used.delete("startedBy"); // of those of one kind
    for (const name of ["description", "namespace", "metric", "dimensions"]) used.delete(name); // those of the alarms on what is unwanted
    expect([...used].toSorted()).toEqual(["environment", "memoryMb", "name", "retries", "timeoutSeconds"]);
    for (const name of used) for (const element of elements) expect(element).toHaveProperty(name);
  });

  function referencesIn(texts: readonly string[]): string[] {
    const all = texts.flatMap(
      (text) => text.match(/(?<![\w.])(?:var|local|data|aws_\w+)(?:\.[\w*]+|\[[^\]]*\])+/g) ?? [],
    );
    return [...new Set(all)];
  }

  function leadsSomewhere(reference: string): boolean {
    const [first, second, ...rest] = reference.replace(/\[[^\]]*\]/g, "").split(".");
    if (first === "var") return second in configuration.variable;
    if (first === "local") return second in locals && (second !== "topology" || isIn(topology, rest));
    if (first === "data") return hasAttribute(`data.${second}.${rest[0]}`, rest[1]);
    return hasAttribute(`${first}.${second}`, rest[0]);
  }

  function hasAttribute(address: string, attribute: string | undefined): boolean {
    const declaration = declarations.find((one) => one.address === address);
    if (declaration === undefined) return false;
    return attribute === undefined || attribute in (declaration.schema?.attributes ?? {});
  }

  function isIn(value: unknown, path: readonly string[]): boolean {
    if (path.length === 0) return true;
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, path[0])) return false;
    return isIn((value as Record<string, unknown>)[path[0]], path.slice(1));
  }

  function strings(value: Value): string[] {
    if (typeof value === "string") return [value];
    return typeof value === "object" && value !== null ? Object.values(value).flatMap(strings) : [];
  }
});
