import { describe, expect, it } from "vitest";
import { cursorOf } from "../../src/tables/scan/position.ts";
import { overview } from "../dashboard/sample.ts";
import { ask, startServer } from "../dashboard/serving.ts";
import { DESCRIPTION, PATHS, problemsOf } from "./description.ts";

const JSON_PATHS = PATHS.filter(({ path }) => path !== "/events");
/** Of parameters that not any text will do for. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  from: ["2025-12-27", "2025-12-27T12:31:50.123456789%2B01:00", "1766838710"],
  to: ["2025-12-27T12:31Z", "1766838710123"],
  since: ["2025-12-27"],
  until: ["1766838710"],
  cursor: [cursorOf({ ms: 0, nanos: 0, last: null }, -1)],
};
const urlOf = (path: string) => `/api/v1${path.replace(/\{\w+\}/, encodeURIComponent("bronze/a b.csv"))}`;

describe("the data API", () => {
  it("gives on every path what its description says, to the last property", async () => {
    const { port } = await startServer();
    expect(JSON_PATHS.length).toBe(13);
    for (const { path } of JSON_PATHS) {
      const { status, body, headers } = await ask(port, urlOf(path));
      expect([path, status, headers["content-type"]]).toEqual([path, 200, "application/json"]);
      expect(problemsOf(path, 200, JSON.parse(body))).toEqual([]);
    }
  });

  it("is described so closely that another answer would show", () => {
    const { health, ...withoutHealth } = overview();
    const wrong: unknown[] = [
      withoutHealth,
      { ...overview(), more: 1 },
      { ...overview(), version: 2 },
      { ...overview(), time: "yesterday" },
      { ...overview(), series: overview().series.slice(1) },
      { ...overview(), health: { ...health, verdict: "fine" } },
      { ...overview(), work: { waiting: -1, oldest_seconds: null } },
      { ...overview(), batches: [{ ...overview().batches[0], rows: null }] },
    ];
    for (const document of wrong) expect(problemsOf("/overview", 200, document)).not.toEqual([]);
    expect(problemsOf("/overview", 200, overview())).toEqual([]);
  });

  it("serves its own description", async () => {
    const { port } = await startServer();
    const { body } = await ask(port, "/api/v1/openapi.json");
    expect(JSON.parse(body)).toEqual(DESCRIPTION);
    expect(DESCRIPTION).toMatchObject({ openapi: "3.1.0", info: { version: "1.2.3" }, servers: [{ url: "/api/v1" }] });
  });

  it("answers errors as it says, too", async () => {
    const { port, double } = await startServer();
    double.known = [];
    for (const [path, url, status, options] of [
      ["/devices/{id}", "/api/v1/devices/nobody", 404, {}],
      ["/batches/{key}", "/api/v1/batches/bronze%2Fx.csv", 404, {}],
      ["/devices", "/api/v1/devices?limit=0", 400, {}],
      ["/events", "/api/v1/events?interval=1", 400, {}],
      ["/overview", "/api/v1/overview", 401, { headers: { Authorization: "Bearer wrong" } }],
      ["/overview", "/api/v1/overview", 403, { headers: { "Sec-Fetch-Site": "cross-site" } }],
      ["/overview", "/api/v1/overview", 405, { method: "POST" }],
      ["/overview", "/api/v1/overview", 421, { headers: { Host: "evil.example" } }],
    ] as const) {
      const answer = await ask(port, url, options);
      expect([url, answer.status, answer.headers["content-type"]]).toEqual([url, status, "application/json"]);
      const document = JSON.parse(answer.body);
      expect(problemsOf(path, status, document)).toEqual([]);
      expect(document.error.message).toMatch(/^Cannot .+: .+\. ?\S/);
    }
  });

  it("the parts of the overview are those of the same look", async () => {
    const { port, double } = await startServer();
    const whole = JSON.parse((await ask(port, "/api/v1/overview")).body);
    for (const part of ["health", "series", "cost"]) {
      const { body } = await ask(port, `/api/v1/${part}`);
      expect(JSON.parse(body)).toEqual({ version: 1, time: whole.time, [part]: whole[part] });
    }
    expect(double.refreshes).toBe(1);
  });

  it("hands queries on as they were asked, and refuses what is none with what is allowed", async () => {
    const { port, double } = await startServer();
    const asked = async (url: string) => {
      const { status, body } = await ask(port, `/api/v1/${url}`);
      return status === 200 ? double.asked.at(-1) : JSON.parse(body).error.message;
    };
    expect(await asked("devices")).toEqual({});
    expect(await asked("devices?contains=tem%2B%26+x&sort=avg_value&order=asc&limit=1000&offset=0")).toEqual({
      contains: "tem+& x",
      sort: "avg_value",
      order: "asc",
      limit: 1000,
      offset: 0,
    });
    expect(await asked("batches?contains=%2e%2e%2f&outcome=refused&limit=1&offset=12345")).toEqual({
      contains: "../",
      outcome: "refused",
      limit: 1,
      offset: 12_345,
    });
    const before = double.asked.length;
    expect(await asked("devices?sort=__proto__")).toBe(
      'Cannot read the parameter "sort": "__proto__" is none of its values. Use device_id, batches, total_readings, ' +
        "avg_value, min_value, max_value, anomaly_count, anomaly_percentage.",
    );
    expect(await asked("devices?outcome=done")).toBe(
      'Cannot read the parameter "outcome": there is no such parameter. Use contains, sort, order, limit, offset.',
    );
    expect(await asked("health?x=1")).toMatch(/This takes none\.$/);
    for (const url of [
      "devices?limit=0",
      "devices?limit=1001",
      "devices?limit=1e2",
      "devices?limit=%205",
      "devices?limit=",
      "devices?offset=-1",
      "devices?offset=1.5",
      "devices?limit=5&limit=6",
      "devices?order=ASC",
      "devices?__proto__=1",
      "devices/x?limit=1",
      "batches?sort=key",
      "batches?outcome=",
    ]) {
      expect([url, await asked(url)]).toEqual([url, expect.stringMatching(/^Cannot read the parameter ".*": .*\.$/)]);
    }
    expect(double.asked).toHaveLength(before);
  });

  it("a query that is refused does not look at the lake", async () => {
    const { port, double } = await startServer();
    await ask(port, "/api/v1/devices?limit=x");
    await ask(port, "/api/v1/nothing");
    // Nor does what asks the table alone.
    await ask(port, "/api/v1/readings");
    await ask(port, "/api/v1/tables/readings");
    await ask(port, "/");
    expect(double.refreshes).toBe(0);
  });

  it("asks the table for readings as it was asked, and answers to the nanosecond", async () => {
    const { port, double } = await startServer();
    const asked = async (query: string) => {
      const { status, body } = await ask(port, `/api/v1/readings?${query}`);
      return status === 200 ? double.asked.at(-1) : JSON.parse(body).error.message;
    };
    const plain = { device: null, from: null, to: null, direction: -1, limit: 200, after: null };
    expect(await asked("")).toMatchObject(plain);
    const after = { ms: 5, nanos: 6, last: null };
    const query = `device=a%2Fb%20%C3%BC&from=2025-12-27T12:31:50.1234567899Z&to=1766838711&order=asc&limit=1000&cursor=${cursorOf(after, 1)}`;
    expect(await asked(query)).toMatchObject({
      device: "a/b ü",
      from: { ms: Date.parse("2025-12-27T12:31:50.123Z"), nanos: 456_789 },
      to: { ms: 1_766_838_711_000, nanos: 0 },
      direction: 1,
      limit: 1000,
      after,
    });
    expect(await asked("from=2025-12-27")).toMatchObject({ from: { ms: Date.parse("2025-12-27"), nanos: 0 } });
    const { body } = await ask(port, "/api/v1/readings?device=FAB-1");
    expect(JSON.parse(body).readings).toEqual([
      {
        timestamp: "2025-12-27T12:31:50.123Z",
        nanos: 456_789,
        device_id: "FAB-1",
        value: 20.5,
        unit: "C",
        anomaly_score: 0.1,
        anomaly: false,
        batch: "y=2025/b.csv",
        carried: { note: "ü" },
      },
    ]);
    expect(await asked(`cursor=${JSON.parse(body).cursor}`)).toMatchObject({ after: { ms: 1_766_838_710_123 } });
    const before = double.asked.length;
    for (const [wrong, why] of [
      ["from=yesterday", /"from": "yesterday" is no time\. Use 2025-12-27T12:31:50Z/],
      ["from=2025-12-27T12:31:50+01:00", /a \+ is written %2B in a URL/],
      ["to=2025-02-30", /"to": "2025-02-30" is no time/],
      ["from=2025-12-27&to=2025-12-27", /"to": it is not later than "from"/],
      ["limit=1001", /from 1 to 1000/],
      ["order=newest", /Use desc, asc/],
      ["cursor=", /"cursor": "" is none that this API has given in this order/],
      ["cursor=eyJ4IjoxfQ", /is none that this API has given/],
      [`cursor=${cursorOf(after, 1)}`, /in this order.*with the same order/],
      [`cursor=${"A".repeat(5000)}`, /^Cannot read the parameter "cursor": .{1,400}$/],
      ["offset=5", /Use device, from, to, order, limit, cursor/],
    ] as const) {
      expect([wrong.slice(0, 60), await asked(wrong)]).toEqual([wrong.slice(0, 60), expect.stringMatching(why)]);
    }
    expect(double.asked).toHaveLength(before);
  });

  it("asks the table for a stretch of a device as it was asked, and tells each bucket", async () => {
    const { port, double } = await startServer();
    const asked = async (query: string) => {
      const { status, body } = await ask(port, `/api/v1/devices/a%2Fb/values${query}`);
      return status === 200 ? double.asked.at(-1) : JSON.parse(body).error.message;
    };
    const [minute, day] = [60_000, 86_400_000];
    expect(await asked("")).toEqual({ device: "a/b", to: null, spanMs: day, bucketMs: 3 * minute });
    expect(await asked("?span=week&to=1766838710")).toEqual({
      ...{ device: "a/b", to: { ms: 1_766_838_710_000, nanos: 0 }, spanMs: 7 * day, bucketMs: 15 * minute },
    });
    expect(await asked("?span=month")).toMatchObject({ spanMs: 30 * day, bucketMs: 60 * minute });
    expect(await asked("?span=year")).toMatch(/Use day, week, month/);
    const { body } = await ask(port, "/api/v1/devices/a%2Fb/values");
    expect(JSON.parse(body)).toMatchObject({
      ...{ table_version: 7, device_id: "a/b", span: "day", bucket_seconds: 180, complete: true },
      ...{ from: "2025-12-27T12:31:50.123Z", to: "2025-12-28T12:31:50.123Z" },
      buckets: [
        { readings: 3, min_value: 19.5, max_value: 44, anomaly_count: 1, min_anomaly: 44, max_anomaly: 44 },
        { time: "2025-12-27T12:34:50.123Z", anomaly_count: 0, min_anomaly: null, max_anomaly: null },
      ],
    });
    expect(double.refreshes).toBe(0);
  });

  it("asks for detections as it was asked, without a look at the lake", async () => {
    const { port, double } = await startServer();
    const query = "device=a%2Fb&since=2025-12-27&until=1766838710&limit=5";
    expect((await ask(port, `/api/v1/detections?${query}`)).status).toBe(200);
    expect(double.asked).toEqual([
      {
        ...{ device: "a/b", limit: 5 },
        since: { ms: Date.parse("2025-12-27"), nanos: 0 },
        until: { ms: 1_766_838_710_000, nanos: 0 },
      },
    ]);
    const refused = await ask(port, "/api/v1/detections?until=soon");
    expect([refused.status, JSON.parse(refused.body).error.message]).toEqual([
      400,
      expect.stringMatching(/"until": "soon" is no time/),
    ]);
    double.hasTable = false;
    const { status, body } = await ask(port, "/api/v1/detections");
    expect([status, problemsOf("/detections", 404, JSON.parse(body))]).toEqual([404, []]);
    expect(JSON.parse(body).error.message).toContain("vantageflow detect");
    expect(double.refreshes).toBe(0);
  });

  it("says how to make the table where there is none", async () => {
    const { port, double } = await startServer();
    double.hasTable = false;
    for (const path of ["/readings", "/tables/readings", "/devices/{id}/values"]) {
      const { status, body } = await ask(port, urlOf(path));
      expect([path, status, problemsOf(path, 404, JSON.parse(body))]).toEqual([path, 404, []]);
      expect(JSON.parse(body).error.message).toContain("vantageflow tables sync");
    }
  });

  it("every parameter it describes is one it takes, at both ends of its range", async () => {
    const { port } = await startServer();
    for (const { path, parameters = [] } of JSON_PATHS) {
      for (const { name, schema, in: place } of parameters) {
        if (place !== "query") continue;
        const {
          minimum,
          maximum,
          enum: values = ["any"],
        } = schema as { minimum?: number; maximum?: number; enum?: string[] };
        const given = EXAMPLES[name] ?? values;
        for (const value of minimum === undefined ? given : [minimum, maximum]) {
          const { status } = await ask(port, `${urlOf(path)}?${name}=${value}`);
          expect([path, name, value, status]).toEqual([path, name, value, 200]);
        }
      }
    }
  });
});
