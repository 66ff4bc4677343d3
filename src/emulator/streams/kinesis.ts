import type { _Record, KinesisClient } from "@aws-sdk/client-kinesis";
import { messageOf, quote, VantageflowError } from "../../errors.ts";
import { trustedAuthorities } from "../../storage/s3/authorities.ts";
import { compareSequences } from "../../streams/record.ts";
import type { Fetched, ShardInfo, ShardReader, SourceRecord, StreamSource } from "./source.ts";

export interface KinesisOptions {
  readonly stream: string;
  /** Undefined: what the SDK takes from AWS_ENDPOINT_URL_KINESIS, or Amazon's. */
  readonly endpoint?: string | undefined;
}

export interface KinesisSource extends StreamSource {
  close(): void;
}

const DEFAULT_REGION = "us-east-1";
const [CONNECTION_TIMEOUT_MS, SOCKET_TIMEOUT_MS] = [5000, 60_000];
const SILENT = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
/** Of one answer, Kinesis' own limit. */
const MAX_RECORDS = 10_000;

/**
 * A stream of Kinesis, or of what speaks like it. Throws `not_found` where there is none of this name, `config_invalid` without
 * credentials, `unreachable` where it cannot be reached.
 */
export async function openKinesis({ stream: StreamName, endpoint }: KinesisOptions): Promise<KinesisSource> {
  // Most who listen have no stream: the SDK is loaded by those who have.
  const sdk = await import("@aws-sdk/client-kinesis");
  const client = await connect(sdk.KinesisClient, endpoint);

  async function asked<T>(what: Promise<T>): Promise<T> {
    return what.catch(async (error) => {
      throw streamError(error, StreamName, String(await client.config.region()));
    });
  }

  async function iteratorBehind(ShardId: string, position: string | null): Promise<string | undefined> {
    const oldest = { StreamName, ShardId, ShardIteratorType: "TRIM_HORIZON" } as const;
    if (position === null) return (await client.send(new sdk.GetShardIteratorCommand(oldest))).ShardIterator;
    const behind = { ...oldest, ShardIteratorType: "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber: position } as const;
    try {
      return (await client.send(new sdk.GetShardIteratorCommand(behind))).ShardIterator;
    } catch (error) {
      // The stream has it no more: all that it still has comes behind.
      if (!isNamed(error, "InvalidArgumentException", "ResourceNotFoundException")) throw error;
      return (await client.send(new sdk.GetShardIteratorCommand(oldest))).ShardIterator;
    }
  }

  function read(shard: string, behind: string | null): ShardReader {
    let position = behind;
    let iterator: string | undefined;

    async function fetch(): Promise<Fetched> {
      iterator ??= await iteratorBehind(shard, position);
      const given = iterator;
      iterator = undefined;
      const answer = await client.send(new sdk.GetRecordsCommand({ ShardIterator: given, Limit: MAX_RECORDS }));
      iterator = answer.NextShardIterator;
      const records = (answer.Records ?? [])
        .map(recordOf)
        .filter(({ sequence }) => position === null || compareSequences(sequence, position) > 0);
      position = records.at(-1)?.sequence ?? position;
      // Nothing else tells: emulators are wrong about the last number of a closed shard, and about how far one is behind.
      return { records, isEnd: iterator === undefined };
    }

    /** An iterator expires after five minutes; a shard that was split or merged with its last record. */
    async function fetchAgain(): Promise<Fetched> {
      try {
        return await fetch().catch((error) => {
          if (isNamed(error, "ExpiredIteratorException")) return fetch();
          throw error;
        });
      } catch (error) {
        if (!isNamed(error, "ResourceNotFoundException")) throw error;
        if ((await shards()).some(({ id }) => id === shard)) throw error;
        return { records: [], isEnd: true, isGone: true };
      }
    }

    return { next: () => asked(fetchAgain()) };
  }

  async function shards(): Promise<readonly ShardInfo[]> {
    const found: ShardInfo[] = [];
    for (let NextToken: string | undefined, isFirst = true; isFirst || NextToken !== undefined; isFirst = false) {
      const wanted = NextToken === undefined ? { StreamName } : { NextToken };
      const answer = await asked(client.send(new sdk.ListShardsCommand(wanted)));
      for (const { ShardId = "", ParentShardId, AdjacentParentShardId, SequenceNumberRange } of answer.Shards ?? []) {
        const parents = [ParentShardId, AdjacentParentShardId].filter((id) => id !== undefined);
        found.push({ id: ShardId, parents, first: SequenceNumberRange?.StartingSequenceNumber ?? "0" });
      }
      NextToken = answer.NextToken;
    }
    return found;
  }

  try {
    const described = await asked(client.send(new sdk.DescribeStreamSummaryCommand({ StreamName })));
    const arn = described.StreamDescriptionSummary?.StreamARN ?? "";
    return { arn, shards, read, close: () => client.destroy() };
  } catch (error) {
    client.destroy();
    throw error;
  }
}

async function connect(Client: typeof KinesisClient, endpoint: string | undefined): Promise<KinesisClient> {
  const { NodeHttpHandler } = await import("@smithy/node-http-handler");
  const secureContext = trustedAuthorities();
  const region = await new Client({}).config.region().catch(() => DEFAULT_REGION);
  return new Client({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    logger: SILENT,
    maxAttempts: 3,
    retryMode: "standard",
    // The SDK's own choice is HTTP/2, which emulators do not speak in the clear.
    requestHandler: new NodeHttpHandler({
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      socketTimeout: SOCKET_TIMEOUT_MS,
      httpsAgent: secureContext === undefined ? {} : { secureContext },
    }),
  });
}

function recordOf({ SequenceNumber, PartitionKey, Data, ApproximateArrivalTimestamp }: _Record): SourceRecord {
  return {
    sequence: SequenceNumber ?? "",
    partitionKey: PartitionKey ?? "",
    data: Data ?? new Uint8Array(),
    arrived: ApproximateArrivalTimestamp?.getTime() ?? Date.now(),
  };
}

function isNamed(error: unknown, ...names: string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}

function streamError(error: unknown, stream: string, region: string): VantageflowError {
  if (error instanceof VantageflowError) return error;
  const told = (code: "not_found" | "config_invalid" | "unreachable", why: string) =>
    new VantageflowError(code, `Cannot read the stream ${quote(stream)}: ${why}.`, { cause: error });
  if (isNamed(error, "ResourceNotFoundException")) {
    return told("not_found", `there is none in ${region}. Check the name, AWS_REGION and --kinesis-endpoint`);
  }
  if (isNamed(error, "CredentialsProviderError")) {
    return told(
      "config_invalid",
      "there are no credentials. Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    );
  }
  if (isNamed(error, "AccessDeniedException")) {
    const needs = "kinesis:DescribeStreamSummary, ListShards, GetShardIterator and GetRecords";
    return told("config_invalid", `it is not allowed. Allow ${needs}`);
  }
  // Of several addresses that all refuse there is a code, and no message.
  const why = messageOf(error) || String((error as NodeJS.ErrnoException).code);
  return told("unreachable", `${why.replace(/\.$/, "")}. Check AWS_REGION, --kinesis-endpoint and the network`);
}
