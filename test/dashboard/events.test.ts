import { once } from "node:events";
import * as http from "node:http";
import * as net from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { STREAM_TIMING } from "../../src/dashboard/events.ts";
import type { ServeOptions, Serving } from "../../src/dashboard/serve.ts";
import type { Overview } from "../../src/monitor/overview.ts";
import { overview } from "./sample.ts";
import { ask, BEARER, startServer } from "./serving.ts";

interface Event {
  readonly name: string;
  readonly data: { lake?: string; message?: string };
}

/** A reader of the stream: its blocks as they come, and whether it has ended. */
async function follow(port: number, query = "") {
  const blocks: string[] = [];
  let rest = "";
  let ended = false;
  const path = `/api/v1/events${query}`;
  const response = await new Promise<http.IncomingMessage>((done, fail) => {
    http.get({ port, host: "127.0.0.1", path, headers: BEARER, agent: false }, done).on("error", fail);
  });
  response.setEncoding("utf8").on("data", (text: string) => {
    rest += text;
    if (!text.includes("\n\n")) return;
    const parts = rest.split("\n\n");
    rest = parts.pop() ?? "";
    blocks.push(...parts);
  });
  response.on("close", () => {
    ended = true;
  });
  response.on("error", () => {});
  const named = () => blocks.filter((block) => /^event: (?!pace\n)/.test(block));
  const events = (): Event[] =>
    named().map((block) => {
      const [, name, data] = /^event: ([^\n]*)\ndata: ([^\n]*)$/.exec(block) ?? [];
      return { name, data: JSON.parse(data) };
    });
  return { response, blocks, count: () => named().length, events, ended: () => ended, stop: () => response.destroy() };
}

/** Of the machine, also where the test has the server's time in its hands. */
const { setTimeout: later } = globalThis;

/** Waits for what has to come; the test's own time-out is the only one. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((next) => later(next, 5));
}

/** A server whose looks at the lake happen when the test says so. */
async function steeredServer(options: Partial<ServeOptions> = {}) {
  let now = 0;
  const server = await startServer({ ...options, clock: () => now });
  const look = async () => {
    now += options.intervalMs ?? 60_000;
    await ask(server.port, "/api/v1/health");
  };
  return { ...server, look };
}

/** A connection that asks for the events and then reads nothing; the server's answer on it. */
async function stall({ port, server }: Serving): Promise<{ socket: net.Socket; answer: http.ServerResponse }> {
  const answered = once(server, "request");
  const socket = net.connect(port, "127.0.0.1").pause();
  const head = `GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: ${BEARER.Authorization}`;
  socket.on("error", () => {}).write(`${head}\r\n\r\n`);
  return { socket, answer: (await answered)[1] };
}

afterEach(() => {
  vi.useRealTimers();
});

describe("the events of a lake", () => {
  it("begin with retry at once, though the first look at the lake takes long", async () => {
    const { port, double } = await startServer();
    let answer: (value: Overview) => void = () => {};
    double.next = () =>
      new Promise((done) => {
        answer = done;
      });
    const reader = await follow(port);
    await until(() => reader.blocks.length > 0);
    expect(reader.blocks).toEqual(["retry: 2000"]);
    // No proxy in between holds them back, or packs them.
    expect(reader.response.headers).toMatchObject({
      "content-type": "text/event-stream",
      "x-accel-buffering": "no",
      "cache-control": "no-store, no-transform",
    });
    answer(overview({ lake: "cold" }));
    await until(() => reader.count() === 1);
    expect(reader.events()[0].data).toEqual(overview({ lake: "cold" }));
    reader.stop();
  });

  it("come to a second reader from the look that there is, in the very bytes of the first", async () => {
    const { port, double } = await startServer();
    const first = await follow(port);
    await until(() => first.count() === 1);
    const second = await follow(port);
    await until(() => second.count() === 1);
    expect(double.refreshes).toBe(1);
    expect(second.blocks).toEqual(first.blocks);
    first.stop();
    second.stop();
  });

  it("stay within an event each, whatever a device is called", async () => {
    const { port, double } = await startServer();
    const lake = "a\n\nevent: overview\ndata: {}\n\n\r\u2028";
    double.next = async () => overview({ lake });
    const reader = await follow(port);
    await until(() => reader.count() > 0);
    expect(reader.events().map(({ data }) => data.lake)).toEqual([lake]);
    reader.stop();
  });

  it("tell trouble, and that it is over", async () => {
    const { port, double, look } = await steeredServer();
    const reader = await follow(port);
    await until(() => reader.count() === 1);
    const healthy = double.next;
    double.next = async () => Promise.reject(new Error("no answer"));
    await look();
    await until(() => reader.count() === 2);
    double.next = healthy;
    await look();
    await until(() => reader.count() === 3);
    expect(reader.events().map(({ name }) => name)).toEqual(["overview", "trouble", "overview"]);
    expect(reader.events()[1].data).toEqual({ message: "no answer" });
    reader.stop();
  });

  it("cost one event and no more for a reader that never reads; others get all of theirs", async () => {
    const steered = await steeredServer();
    const { port, double, look } = steered;
    const size = 1_000_000;
    double.next = async () => overview({ lake: `${double.refreshes} ${"x".repeat(size)}` });
    const { socket, answer } = await stall(steered);
    const reader = await follow(port);
    await until(() => reader.count() === 1);
    const held: number[] = [];
    for (let round = 2; round <= 60; round++) {
      await look();
      await until(() => reader.count() === round);
      held.push(answer.writableLength);
    }
    // The kernel takes some megabytes; from then on one event waits, the same at the end as at the beginning.
    expect(held.at(-1)).toBeGreaterThan(0);
    expect(Math.max(...held)).toBeLessThan(1.1 * size);
    // Once it reads it gets what is newest, not what it missed.
    let last = "";
    socket.setEncoding("latin1").on("data", (text: string) => {
      last = (last + text).slice(-3 * size);
    });
    socket.resume();
    await until(() => last.includes('"lake":"60 x'));
    socket.destroy();
    reader.stop();
  });

  it("end for a reader that has stalled for long, and for no other", async () => {
    // Time goes by in small steps, none of them long, and else as the test says: what is late on a busy machine has not
    // stalled.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"], shouldAdvanceTime: true });
    const { heartbeatMs, stalledMs } = STREAM_TIMING;
    const steered = await steeredServer({ intervalMs: 86_400_000 });
    steered.double.next = async () => overview({ lake: "x".repeat(20_000_000) });
    const { answer } = await stall(steered);
    await until(() => answer.writableLength > 0);
    steered.double.next = async () => overview({ lake: "small" });
    await steered.look();
    const reader = await follow(steered.port);
    await until(() => reader.count() === 1);
    const beats = () => reader.blocks.filter((block) => block === ": still here").length;
    const beat = async () => {
      const before = beats();
      vi.advanceTimersByTime(heartbeatMs);
      await until(() => beats() > before);
    };
    for (let passed = 0; passed < stalledMs; passed += heartbeatMs) await beat();
    expect(answer.destroyed).toBe(true);
    for (let passed = 0; passed < stalledMs; passed += heartbeatMs) await beat();
    expect(reader.ended()).toBe(false);
    reader.stop();
  });

  it("are for 32 readers at once; the next is told so, until one goes", async () => {
    const { port } = await startServer();
    const readers = await Promise.all(Array.from({ length: 32 }, () => follow(port)));
    const { status, body } = await ask(port, "/api/v1/events");
    expect([status, JSON.parse(body).error.code]).toEqual([503, "busy"]);
    expect((await ask(port, "/api/v1/overview")).status).toBe(200);
    expect((await ask(port, "/api/v1/events", { method: "HEAD" })).status).toBe(200);
    readers[0].stop();
    let next = await follow(port);
    while (next.response.statusCode === 503) next = await follow(port);
    await until(() => next.count() === 1);
    for (const { stop } of [...readers, next]) stop();
  });

  it("are asked for at 5 seconds to a day", async () => {
    const { port } = await startServer();
    for (const interval of ["4", "86401", "5.5", "-5", "", "x", "1e1", "0x10", "9".repeat(400)]) {
      const { status, body } = await ask(port, `/api/v1/events?interval=${interval}`);
      expect([interval, status, JSON.parse(body).error.message]).toEqual([
        interval,
        400,
        expect.stringContaining("a whole number from 5 to 86400"),
      ]);
    }
    const reader = await follow(port, "?interval=86400");
    await until(() => reader.count() === 1);
    reader.stop();
  });

  it("end when the server stops, at once, and nobody looks at the lake any more", async () => {
    const { port, close, double } = await startServer();
    const readers = await Promise.all(Array.from({ length: 5 }, () => follow(port)));
    await until(() => readers.every(({ count }) => count() === 1));
    await close();
    await until(() => readers.every(({ ended }) => ended()));
    expect(double.refreshes).toBe(1);
    await expect(ask(port, "/")).rejects.toThrow("ECONNREFUSED");
  });
});
