import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  PutRecordsCommand,
  SplitShardCommand,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { afterAll } from "vitest";
import { freePort } from "../../free-port.ts";

/** kinesis-mock finds its own files by the folder that it is started in. */
const PROGRAM = createRequire(import.meta.url).resolve("kinesis-local");
const SOON = "10ms";

/** By the file, not where one is started: in a test that runs, no hook is heard. */
const ends: (() => void)[] = [];
afterAll(() => {
  for (const end of ends.splice(0)) end();
});

/** A kinesis-mock of its own, until the tests of the file are through. */
export async function startKinesisMock() {
  const [port, tls] = [await freePort(), await freePort()];
  const env = {
    PATH: process.env.PATH,
    KINESIS_MOCK_PLAIN_PORT: String(port),
    KINESIS_MOCK_TLS_PORT: String(tls),
    CREATE_STREAM_DURATION: SOON,
    SPLIT_SHARD_DURATION: SOON,
    MERGE_SHARDS_DURATION: SOON,
    SHARD_LIMIT: "1000",
    LOG_LEVEL: "ERROR",
  };
  const child = spawn(process.execPath, [PROGRAM], { cwd: dirname(PROGRAM), env, stdio: "ignore" });
  const endpoint = `http://127.0.0.1:${port}`;
  const credentials = { accessKeyId: "key", secretAccessKey: "secret" };
  const client = new KinesisClient({
    region: "us-east-1",
    endpoint,
    credentials,
    requestHandler: new NodeHttpHandler({}),
  });
  ends.push(() => {
    client.destroy();
    child.kill("SIGKILL");
  });
  let streams = 0;

  async function untilActive(StreamName: string): Promise<void> {
    for (;;) {
      const { StreamDescriptionSummary: described } = await client.send(
        new DescribeStreamSummaryCommand({ StreamName }),
      );
      if (described?.StreamStatus === "ACTIVE") return;
      await sleep(10);
    }
  }

  async function shardsOf(StreamName: string) {
    return (await client.send(new ListShardsCommand({ StreamName }))).Shards ?? [];
  }

  /** Those that take records, by their place in the range of hashes: neighbours can be merged. */
  async function openShards(StreamName: string): Promise<string[]> {
    const from = (shard: Awaited<ReturnType<typeof shardsOf>>[number]) =>
      BigInt(shard.HashKeyRange?.StartingHashKey ?? 0);
    return (await shardsOf(StreamName))
      .filter(({ SequenceNumberRange }) => SequenceNumberRange?.EndingSequenceNumber === undefined)
      .sort((a, b) => (from(a) < from(b) ? -1 : 1))
      .map(({ ShardId = "" }) => ShardId);
  }

  /** A stream of its own. */
  async function create(shards = 1): Promise<string> {
    const name = `stream-${++streams}`;
    for (let tries = 0; ; tries++) {
      try {
        await client.send(new CreateStreamCommand({ StreamName: name, ShardCount: shards }));
        break;
      } catch (error) {
        if (child.exitCode !== null || tries > 300) throw error;
        await sleep(50);
      }
    }
    await untilActive(name);
    return name;
  }

  return {
    endpoint,
    env: { AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "key", AWS_SECRET_ACCESS_KEY: "secret" },
    create,
    shardsOf,
    openShards,
    /** Puts data, each by a key of its own or the one given, and returns their numbers. */
    async put(StreamName: string, data: readonly (string | Uint8Array)[], key?: string): Promise<string[]> {
      const Records = data.map((one, i) => ({
        Data: Buffer.from(one),
        PartitionKey: key ?? `${i}-${one.length}-${Math.random()}`,
      }));
      const answer = await client.send(new PutRecordsCommand({ StreamName, Records }));
      if (answer.FailedRecordCount !== 0) throw new Error(`${answer.FailedRecordCount} records failed`);
      return (answer.Records ?? []).map(({ SequenceNumber = "" }) => SequenceNumber);
    },
    async split(StreamName: string, id: string): Promise<void> {
      const range = (await shardsOf(StreamName)).find(({ ShardId }) => ShardId === id)?.HashKeyRange;
      const middle = (BigInt(range?.StartingHashKey ?? 0) + BigInt(range?.EndingHashKey ?? 0)) / 2n;
      await client.send(new SplitShardCommand({ StreamName, ShardToSplit: id, NewStartingHashKey: String(middle) }));
      await untilActive(StreamName);
    },
    async merge(StreamName: string, first: string, second: string): Promise<void> {
      await client.send(new MergeShardsCommand({ StreamName, ShardToMerge: first, AdjacentShardToMerge: second }));
      await untilActive(StreamName);
    },
  };
}
