import { describe, expect, it } from "vitest";
import { createAnswering } from "../../src/lambda/answering.ts";
import { requestOf } from "../../src/lambda/http-event.ts";
import { httpEvent } from "./http-event.ts";

const urlOf = (path: string, query = "") => new URL(requestOf(httpEvent(path, query)).url);

describe("an event of an HTTP API", () => {
  it("is a request of its path and query, of no host that it names", () => {
    const { pathname, search } = urlOf("/api/v1/devices", "contains=a%2Bb%20c&limit=5");
    expect([pathname, search]).toEqual(["/api/v1/devices", "?contains=a%2Bb%20c&limit=5"]);
    expect(urlOf("/api/v1/devices").host).toBe("api.invalid");
    expect(requestOf(httpEvent("/api/v1/health", "", "HEAD")).method).toBe("HEAD");
  });

  it("has an id or a key as one segment, whether API Gateway has decoded it or not", () => {
    const keys = [
      "bronze/a b.csv",
      "bronze/y=2025/ü?#.csv",
      "bronze/100%.csv",
      "bronze/a%zz.csv",
      "silver/a//b.csv",
      "plain",
    ];
    for (const key of keys) {
      for (const sent of [key, encodeURIComponent(key)]) {
        const { pathname, search, hash } = urlOf(`/api/v1/batches/${sent}`);
        expect([pathname, search, hash]).toEqual([`/api/v1/batches/${encodeURIComponent(key)}`, "", ""]);
      }
    }
    expect(urlOf("/api/v1/devices/a/b c/values").pathname).toBe("/api/v1/devices/a%2Fb%20c/values");
    expect(urlOf("/api/v1/batches/a/values").pathname).toBe("/api/v1/batches/a%2Fvalues");
    expect(urlOf("/api/v1/devices/values").pathname).toBe("/api/v1/devices/values");
    expect(urlOf("/api/v1/devices/\ud800").pathname).toBe("/api/v1/devices/%EF%BF%BD");
  });

  it("cannot leave the API by its path", () => {
    for (const path of ["/api/v1/../../secret", "//evil.example/api/v1", "/api/v1/devices/../..", "/api/v1/a?x=1#y"]) {
      expect(urlOf(path).origin).toBe("https://api.invalid");
    }
    expect(urlOf("/api/v1/a?x=1#y")).toMatchObject({ pathname: "/api/v1/a%3Fx%3D1%23y", search: "" });
  });

  it("that is none of format 2.0, or would change something, is refused", () => {
    const good = httpEvent("/api/v1/health");
    const wrong: unknown[] = [
      ...[undefined, null, "x", 5, [], {}, { ...good, version: "1.0" }, { ...good, rawPath: 5 }],
      ...[
        { ...good, rawPath: "api" },
        { ...good, rawQueryString: undefined },
        { ...good, requestContext: {} },
      ],
      ...["POST", "get", "", null].map((method) => ({ ...good, requestContext: { http: { method } } })),
    ];
    for (const event of wrong)
      expect(() => requestOf(event)).toThrow(/^Cannot answer .*: it is no event of an HTTP API/);
    expect(() => requestOf({ long: "x".repeat(10_000) })).toThrow(/^Cannot answer .{1,300}$/s);
  });
});

describe("answering", () => {
  const lines: Record<string, unknown>[] = [];
  const answering = (fetch: (request: Request) => Promise<Response>, patienceMs = 10_000) =>
    createAnswering({
      fetch,
      patienceMs,
      speaker: { function: "api", stage: "dev" },
      log: (line) => void lines.push(line),
      now: () => 0,
    });

  it("gives API Gateway text and headers, and lets nobody keep it", async () => {
    const answer = await answering(async () => Response.json({ a: "ü" }, { status: 404 }))(httpEvent("/api/v1/x"));
    expect(answer).toEqual({
      statusCode: 404,
      headers: { "content-type": "application/json", "cache-control": "no-store", "x-content-type-options": "nosniff" },
      body: '{"a":"ü"}',
      isBase64Encoded: false,
    });
    expect(lines).toEqual([]);
  });

  it("says that it takes too long before API Gateway would, and goes on", async () => {
    let finish: (response: Response) => void = () => {};
    const slow = new Promise<Response>((done) => {
      finish = done;
    });
    const answer = answering(() => slow, 20);
    const { statusCode, headers, body } = await answer(httpEvent("/api/v1/overview"));
    expect([statusCode, headers["retry-after"]]).toEqual([503, "60"]);
    expect(JSON.parse(body).error).toMatchObject({ code: "busy", message: expect.stringContaining("ask again") });
    expect(lines.splice(0)).toMatchObject([{ level: "ERROR", service: "vantageflow-api", key: "/api/v1/overview" }]);
    finish(Response.json({ done: true }));
    expect((await answer(httpEvent("/api/v1/overview"))).statusCode).toBe(200);
  });
});
