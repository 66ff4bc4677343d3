import { type AnyFunction, layerOf } from "../../src/topology.ts";
import { starts } from "../../src/triggers.ts";

/** A statement of a function's role, its resources as `lake`, `lake/bronze/*`, `failures/*`, `function:<name>`. */
export interface RoleStatement {
  readonly Sid: string;
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
}

/**
 * What infra/terraform/iam.tf makes of the topology for one function, beside what all have (its failures, its log): the
 * rule said once more, for where there is no Terraform. plan.test.ts holds it against what real Terraform makes.
 */
export function statementsOf(functions: Readonly<Record<string, AnyFunction>>, id: string): RoleStatement[] {
  const { reads, writes, startedBy } = functions[id];
  const triggered = Object.values(functions).filter((one) => one.startedBy.kind === "object");
  const ledger = (...prefixes: string[]) => (startedBy.kind === "object" ? prefixes : []);
  const isSmall = (prefix: string) => ["receipts/", "dead-letter/", "contracts/"].some((one) => prefix.startsWith(one));
  const on = (prefixes: readonly string[]) => [
    ...[...new Set(prefixes)].map((prefix) => `lake/${prefix}*`),
    ...(prefixes.every(isSmall) ? [] : ["lake/.vantageflow/lineage/*"]),
  ];
  const behind = (one: AnyFunction): string[] =>
    triggered
      .filter((next) => starts(one.writes, next.startedBy))
      .flatMap((next) => [...next.writes.filter((prefix) => layerOf(prefix)?.expires !== "log"), ...behind(next)]);
  const madeOfThat = startedBy.kind === "object" ? behind(functions[id]) : [];
  const read = on([...reads, ...writes, ...madeOfThat, ...ledger("receipts/")]);
  if (id === "sweep") {
    return [
      { Sid: "List", Action: ["s3:ListBucket"], Resource: ["lake", "failures"] },
      { Sid: "Read", Action: ["s3:GetObject"], Resource: [...read, "failures/*"] },
      { Sid: "Redrive", Action: ["lambda:InvokeFunction"], Resource: triggered.map(({ name }) => `function:${name}`) },
    ];
  }
  if (id === "api") {
    return [
      { Sid: "List", Action: ["s3:ListBucket"], Resource: ["lake", "failures"] },
      { Sid: "Read", Action: ["s3:GetObject"], Resource: [...read, "failures/*"] },
    ];
  }
  const all: RoleStatement[] = [
    { Sid: "ListLake", Action: ["s3:ListBucket"], Resource: ["lake"] },
    { Sid: "Read", Action: ["s3:GetObject"], Resource: read },
    {
      Sid: "Write",
      Action: ["s3:PutObject", "s3:AbortMultipartUpload"],
      Resource: on([...writes, ...ledger("receipts/", "dead-letter/")]),
    },
    {
      Sid: "RemoveStale",
      Action: ["s3:DeleteObject"],
      Resource: on([...writes, ...madeOfThat, ...ledger("receipts/")]),
    },
  ];
  if (startedBy.kind === "stream") {
    const reads = ["DescribeStream", "DescribeStreamSummary", "GetRecords", "GetShardIterator", "ListShards"];
    const kinesis = {
      Sid: "ReadStream",
      Action: reads.map((one) => `kinesis:${one}`),
      Resource: [`stream/${startedBy.stream}`],
    };
    return [...all.filter(({ Sid }) => Sid !== "RemoveStale"), kinesis];
  }
  return all.filter(({ Resource }) => Resource.length > 0);
}
