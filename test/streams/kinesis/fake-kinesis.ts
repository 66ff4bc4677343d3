import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** What is asked of Kinesis, as far as fakes look at it. */
export interface Asked {
  readonly ShardId?: string;
  readonly ShardIterator?: string;
}

/** A shard as `ListShards` tells of it. */
export const listedShard = (ShardId: string, more: object = {}) => ({
  ...{ ShardId, HashKeyRange: { StartingHashKey: "0", EndingHashKey: "1" } },
  ...{ SequenceNumberRange: { StartingSequenceNumber: "1" }, ...more },
});

/**
 * A server for what kinesis-mock cannot be brought to: `answer` says what an operation (`ListShards`) returns, null for what is not there.
 * Returns its endpoint, until the test is through.
 */
export async function startFakeKinesis(answer: (operation: string, asked: Asked) => object | null): Promise<string> {
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const found = answer(String(request.headers["x-amz-target"]).split(".")[1], JSON.parse(body));
    response.writeHead(found === null ? 400 : 200, { "Content-Type": "application/x-amz-json-1.1" });
    response.end(JSON.stringify(found ?? { __type: "ResourceNotFoundException", message: "it does not exist" }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
