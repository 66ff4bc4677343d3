import * as fs from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import mqtt from "mqtt";
import { describe, expect, it, onTestFinished } from "vitest";
import { freePort } from "../free-port.ts";
import { hasMosquitto, publish, startMosquitto } from "../mosquitto.ts";
import { bronzeRowsIn } from "./bronze-rows.ts";
import { cli, folder, tree } from "./run-cli.ts";
import { startListen } from "./start-listen.ts";

/** Times that `listen` and the broker are ended under load; `LISTEN_KILLS=100` does it more often. */
const KILLS = Number(process.env.LISTEN_KILLS ?? 4);
const FAST = ["--flush-seconds", "0.2", "--flush-records", "40"];
const TOPIC = ["--topic", "plant/{line}/{device_id}"];

const doorOf = ({ lines }: Awaited<ReturnType<typeof startListen>>) => lines.find(({ door }) => door === "mqtt");

const untilRows = (cwd: string, rows: number) =>
  expect.poll(() => bronzeRowsIn(cwd).length).toBeGreaterThanOrEqual(rows);

const timed = (value: string) =>
  JSON.stringify({ timestamp: "2025-12-27T00:00:00Z", value: 0 }).replace("0}", `${value}}`);

describe.skipIf(!hasMosquitto)("vantageflow listen --mqtt", () => {
  it("brings into bronze what is published, as it was written, and what is no reading as a row that silver rejects", async () => {
    const [cwd, broker] = [folder(), await startMosquitto()];
    const listen = await startListen(cwd, ["--mqtt", broker.url, ...TOPIC, ...FAST]);
    expect(doorOf(listen)).toMatchObject({ session: "new" });
    for (const message of [
      "-0.0",
      "1e3",
      timed("9007199254740993"),
      `[${timed("20.50")}, {"device_id": "B", "value": 1}]`,
      '[{"bn": "urn:x:", "bt": 1766793600, "n": "t", "u": "Cel", "v": 20.50}, {"n": "t", "t": 1, "vb": true}]',
    ]) {
      publish(broker.port, "plant/l1/d1", message);
    }
    for (const message of ["on", '{"valeu": 1}', "[", "1,5", "\xff"]) publish(broker.port, "plant/l1/d2", message);
    publish(broker.port, "elsewhere/l1/d1", "1");
    await untilRows(cwd, 12);
    expect(await listen.end("SIGTERM")).toBe(143);
    const now = expect.stringMatching(/^20\d\d-.*Z,/);
    const rows = bronzeRowsIn(cwd);
    expect(rows.map((row) => row.replace(/^[^,]*,/, ""))).toEqual([
      "l1.d1,-0.0,,0",
      "l1.d1,1e3,,0",
      "l1.d1,9007199254740993,,0",
      "l1.d1,20.50,,0",
      "B,1,,0",
      "urn:x:t,20.50,Cel,0",
      'l1.d1,"value_invalid: [{""bn"": ""urn:x:"", ""bt"": 1766793600, ""n"": ""t"", ""u",,0',
      "l1.d2,value_invalid: on,,0",
      'l1.d2,"field_unknown: {""valeu"": 1}",,0',
      "l1.d2,json_invalid: [,,0",
      'l1.d2,"value_invalid: 1,5",,0',
      "l1.d2,value_invalid: ?,,0",
    ]);
    expect(rows).toEqual(rows.map((_, i) => ([2, 3, 5].includes(i) ? expect.stringMatching(/^2025-12-27T/) : now)));
    const troubles = listen.lines.filter(({ type }) => type === "trouble");
    expect(troubles.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^Cannot take all of a message of "plant\/l1\/d1": it has a boolean \(vb\)/),
    ]);
    await cli(["run", "--lake", "lake"], { cwd });
    const written = Object.entries(tree(join(cwd, "lake"), ["anomalies"]));
    const rejected = written.filter(([, text]) => text.includes("value_invalid: on"));
    expect(rejected.map(([name]) => name)).toEqual([expect.stringMatching(/\.rejects\.csv$/)]);
  });

  it("starts again beside another door that has a name of its own, and takes what was published meanwhile", async () => {
    const [cwd, broker] = [folder(), await startMosquitto()];
    const door = (name: string, topic: string) =>
      startListen(
        cwd,
        ["--flush-seconds", "0.2", "--mqtt", broker.url, "--topic", topic, "--client-id", name],
        {},
        "lake",
        [],
      );
    await door("one", "a/{device_id}");
    const two = await door("two", "b/{device_id}");
    await expect
      .poll(
        () =>
          fs
            .readdirSync(join(cwd, "lake/state/streams/doors"), { recursive: true })
            .filter((name) => String(name).endsWith(".json")).length,
      )
      .toBe(2);
    await two.end("SIGKILL");
    publish(broker.port, "b/x", "1");
    await expect.poll(async () => (await cli(["status"], { cwd })).stdout).toMatch(/^door\tmqtt\tdown\tb/m);
    const again = await door("two", "b/{device_id}");
    await untilRows(cwd, 1);
    expect(await again.end("SIGTERM")).toBe(143);
    expect(bronzeRowsIn(cwd).map((row) => row.replace(/^[^,]*,/, ""))).toEqual(["x,1,,0"]);
  });

  it("opens no second door of one name for a lake, which would throw the first off, and says nothing of a session where none was", async () => {
    const cwd = folder();
    const absent = ["listen", "lake", "--mqtt", `mqtt://127.0.0.1:${await freePort()}`, ...TOPIC];
    expect((await cli(absent, { cwd })).code).toBe(1);
    const broker = await startMosquitto();
    const listen = await startListen(cwd, ["--mqtt", broker.url, ...TOPIC, ...FAST]);
    expect(listen.lines.filter(({ type }) => type === "trouble")).toEqual([]);
    const again = await cli(["listen", "lake", "--mqtt", broker.url, ...TOPIC], { cwd });
    expect([again.code, again.stderr]).toEqual([
      1,
      expect.stringMatching(
        /process \d+ does so for this lake, by the same name\. Give this one a name of its own: --client-id/,
      ),
    ]);
    const other = await startListen(cwd, ["--mqtt", broker.url, ...TOPIC, ...FAST, "--client-id", "other"]);
    expect(await other.end("SIGTERM")).toBe(143);
    expect(await listen.end("SIGTERM")).toBe(143);
  });

  it("takes what was published while it was away, and what comes by a topic that it is no longer asked for no more", async () => {
    const [cwd, broker] = [folder(), await startMosquitto()];
    const both = ["--mqtt", broker.url, ...TOPIC, ...FAST, "--topic", "old/{device_id}"];
    await (await startListen(cwd, both)).end("SIGTERM");
    publish(broker.port, "plant/l1/away", "1");
    await broker.stop();
    await broker.start();
    const second = await startListen(cwd, ["--mqtt", broker.url, ...TOPIC, ...FAST]);
    expect(doorOf(second)).toMatchObject({ session: "resumed" });
    publish(broker.port, "old/x", "1");
    publish(broker.port, "plant/l1/here", "1");
    await untilRows(cwd, 2);
    await second.end("SIGTERM");
    expect(
      bronzeRowsIn(cwd)
        .map((row) => row.split(",")[1])
        .sort(),
    ).toEqual(["l1.away", "l1.here"]);
    expect(second.lines.filter(({ type }) => type === "trouble")).toEqual([]);
  });

  it("counts once what comes again with its time, also after another start, and never what was retained", async () => {
    const [cwd, broker] = [folder(), await startMosquitto()];
    publish(broker.port, "plant/l1/state", timed("7"), ["-r"]);
    for (let start = 0; start < 2; start++) {
      const listen = await startListen(cwd, ["--mqtt", broker.url, ...TOPIC, ...FAST, "--client-id", `start-${start}`]);
      for (const message of [timed("1"), timed("1"), timed("2"), "5", "5"])
        publish(broker.port, "plant/l1/d1", message);
      publish(broker.port, "plant/l1/d1", `[${timed("2")}]`, ["-r"]);
      publish(broker.port, "plant/l1/d1", "", ["-r"]);
      publish(broker.port, "plant/l1/d1", "6");
      await untilRows(cwd, start === 0 ? 5 : 8);
      await listen.end("SIGTERM");
    }
    expect(
      bronzeRowsIn(cwd)
        .map((row) => row.split(",")[2])
        .sort(),
    ).toEqual(["1", "2", "5", "5", "5", "5", "6", "6"]);
  });

  it("takes Sparkplug B: asks for a birth where an alias has no name, and tells deaths", async () => {
    const [cwd, broker] = [folder(), await startMosquitto()];
    const messages: { topic: string; hex: string }[] = JSON.parse(
      fs.readFileSync("test/streams/doors/sparkplug/messages.json", "utf8"),
    ).messages;
    const [birth, data] = messages.map(({ hex }) => Buffer.from(hex, "hex"));
    const node = await mqtt.connectAsync(broker.url);
    onTestFinished(() => node.endAsync(true));
    await node.subscribeAsync("spBv1.0/g/NCMD/node");
    node.on("message", () => node.publish("spBv1.0/g/NBIRTH/node", birth, { qos: 1 }));
    const listen = await startListen(cwd, ["--mqtt", broker.url, "--topic", "spBv1.0/#", ...FAST]);
    await node.publishAsync("spBv1.0/g/NDATA/node", data, { qos: 1 });
    await untilRows(cwd, 15);
    await node.publishAsync("spBv1.0/g/NDATA/node", data, { qos: 1 });
    await node.publishAsync("spBv1.0/g/NDEATH/node", Buffer.from([0x18, 0]), { qos: 1 });
    await untilRows(cwd, 28);
    await expect.poll(() => listen.lines.find(({ type }) => type === "death")).toMatchObject({ name: "g/node" });
    await listen.end("SIGTERM");
    const rows = bronzeRowsIn(cwd);
    expect(rows.filter((row) => row.includes("alias_unknown: "))).toEqual([
      expect.stringMatching(/ \(13 more in it\)/),
    ]);
    expect(rows.filter((row) => row.includes("g.node.Int16,-5,"))).toHaveLength(2);
  });

  it("says that the broker does not let it be sure, and that another may have its name", async () => {
    const [cwd, aclFile] = [folder(), join(folder({ acl: "topic readwrite plant/#\n" }), "acl")];
    const broker = await startMosquitto(["allow_anonymous true", `acl_file ${aclFile}`]);
    const flags = ["--mqtt", broker.url, ...TOPIC, "--client-id", "one"];
    const listen = await startListen(cwd, flags);
    expect(listen.lines.filter(({ type }) => type === "trouble").map(({ message }) => message)).toEqual([
      expect.stringMatching(/does not let this client publish and read "vantageflow\/probe\/one" \(.*Not authorized\)/),
    ]);
    const other = await startListen(folder(), flags);
    const told = () => listen.lines.findLast(({ type }) => type === "trouble")?.message;
    await expect.poll(told).toMatch(/where another client has connected as "one"; --client-id names another/);
    await Promise.all([listen.end("SIGTERM"), other.end("SIGTERM")]);
  });

  it("does not start where it cannot connect, and shows no password", async () => {
    const passwords = join(folder({ passwords: "" }), "passwords");
    const broker = await startMosquitto(["allow_anonymous false", `password_file ${passwords}`]);
    const secret = `mqtt://me:the-secret@127.0.0.1:${broker.port}`;
    for (const [flags, code, why] of [
      [["--mqtt", secret, "--topic", "a"], 2, /Not authorized|Bad User Name.*VANTAGEFLOW_MQTT_USERNAME/],
      [
        ["--mqtt", `mqtt://127.0.0.1:${await freePort()}`, "--topic", "a"],
        1,
        /ECONNREFUSED.*name another with --mqtt mqtt:/,
      ],
      [["--mqtt", "the-secret", "--topic", "a"], 2, /it is no URL/],
      [["--mqtt", "http://the-secret", "--topic", "a"], 2, /it begins with "http:"/],
      [["--mqtt", "mqtt://me:the-secret%@localhost", "--topic", "a"], 2, /has a % that is not written %25/],
      ...["a/b", "+", "a#", "a b"].map(
        (name) =>
          [["--mqtt", secret, "--topic", "a", "--client-id", name], 2, /signs other than \+, # and \//] as const,
      ),
      [["--mqtt", "mqtt://localhost"], 2, /no topic is named/],
      [["--topic", "a"], 2, /there is no broker/],
      [["--mqtt", "mqtt://localhost", "--topic", "a/#", "--topic", "a/{id}"], 2, /fit the same topics/],
    ] as const) {
      const ran = await cli(["listen", "lake", ...flags], { cwd: folder() });
      expect([flags, ran.code, ran.stdout, ran.stderr]).toEqual([flags, code, "", expect.stringMatching(why)]);
      expect(ran.stderr).not.toContain("the-secret");
    }
    const nobody = ["--mqtt", `mqtt://127.0.0.1:${await freePort()}`, "--topic", "a", "--json"];
    const { stdout } = await cli(["listen", "lake", ...nobody], { cwd: folder() });
    expect(JSON.parse(stdout).error).toMatchObject({ code: "unreachable", message: expect.stringMatching(/--mqtt/) });
  });

  it(
    `loses nothing that the broker has acknowledged and counts nothing twice, where it or the broker is ended ${KILLS} times under load`,
    async () => {
      const [cwd, broker] = [folder(), await startMosquitto()];
      const flags = ["--mqtt", broker.url, ...TOPIC, ...FAST];
      let listen = await startListen(cwd, flags);
      const client = await mqtt.connectAsync(broker.url, { protocolVersion: 5, reconnectPeriod: 50 });
      client.on("error", () => {});
      onTestFinished(() => client.endAsync(true));
      let [isOver, sent] = [false, 0];
      const acknowledged: string[] = [];
      async function device(name: string): Promise<void> {
        while (!isOver) {
          const id = `${name}-${++sent}`;
          await client.publishAsync(`plant/l1/${id}`, timed("1"), { qos: 1 });
          acknowledged.push(`l1.${id}`);
        }
      }
      const devices = Array.from({ length: 20 }, (_, i) => device(`d${i}`));
      for (let kill = 0; kill < KILLS; kill++) {
        const before = acknowledged.length;
        while (acknowledged.length < before + 100) await sleep(5);
        await sleep(Math.random() * 200);
        if (kill % 2 === 0) {
          await listen.end("SIGKILL");
          listen = await startListen(cwd, flags);
          expect(doorOf(listen)).toMatchObject({ session: "resumed" });
        } else {
          await broker.stop();
          await broker.start();
          const connected = () => listen.lines.find(({ type }) => type === "connected");
          await expect.poll(connected).toMatchObject({ session: "resumed" });
        }
      }
      isOver = true;
      await Promise.all(devices);
      await untilRows(cwd, acknowledged.length);
      expect(await listen.end("SIGTERM")).toBe(143);
      expect(acknowledged.length).toBeGreaterThan(100 * KILLS);
      const standing = bronzeRowsIn(cwd).map((row) => row.split(",")[1]);
      expect(standing.length).toBe(new Set(standing).size);
      expect(standing.sort()).toEqual(acknowledged.sort());
    },
    60_000 + KILLS * 15_000,
  );

  it("goes on where the broker was killed, and says that the session is gone", async () => {
    const [cwd, broker] = [folder(), await startMosquitto()];
    const listen = await startListen(cwd, ["--mqtt", broker.url, ...TOPIC, ...FAST]);
    publish(broker.port, "plant/l1/before", "1");
    await untilRows(cwd, 1);
    await broker.stop("SIGKILL");
    await broker.start();
    await expect.poll(() => listen.lines.find(({ type }) => type === "connected")).toMatchObject({ session: "new" });
    publish(broker.port, "plant/l1/after", "1");
    await untilRows(cwd, 2);
    await listen.end("SIGTERM");
    expect(
      bronzeRowsIn(cwd)
        .map((row) => row.split(",")[1])
        .sort(),
    ).toEqual(["l1.after", "l1.before"]);
    const troubles = listen.lines.filter(({ type }) => type === "trouble").map(({ message }) => message);
    expect(troubles).toEqual([
      expect.stringMatching(/^Cannot hold the connection to mqtt:.* It is tried again until it works\.$/),
      expect.stringMatching(/^Cannot tell what was published meanwhile: .* has not kept the session/),
    ]);
  });
});
