import { describe, expect, it } from "vitest";
import { overview } from "../dashboard/sample.ts";
import { ask, startServer } from "../dashboard/serving.ts";
import { DESCRIPTION, PATHS, problemsOf } from "./description.ts";

const JSON_PATHS = PATHS.filter(({ path }) => path !== "/events");
const urlOf = (path: string) => `/api/v1${path.replace(/\{\w+\}/, encodeURIComponent("bronze/a b.csv"))}`;

describe("the data API", () => {
  it("gives on every path what its description says, to the last property", async () => {
    const { port } = await startServer();
    expect(JSON_PATHS.length).toBe(9);
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
    await ask(port, "/");
    expect(double.refreshes).toBe(0);
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
        for (const value of minimum === undefined ? values : [minimum, maximum]) {
          const { status } = await ask(port, `${urlOf(path)}?${name}=${value}`);
          expect([path, name, value, status]).toEqual([path, name, value, 200]);
        }
      }
    }
  });
});
