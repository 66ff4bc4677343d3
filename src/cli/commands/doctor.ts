import { accessSync, constants, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { inspectConfig } from "../../config.ts";
import { hasCode, messageOf } from "../../errors.ts";
import { BRONZE } from "../../ledger/layers.ts";
import { SETTINGS } from "../../setting-list.ts";
import { openStorage } from "../../storage/open.ts";
import { directoryOf, isDirectory, isS3 } from "../../storage/url.ts";
import { topology } from "../../topology.ts";
import { VERSION } from "../../version.ts";
import { complain, type GlobalFlags, type Io, printJson, untilEnd } from "../io.ts";
import { checkFolders, configInput, readConfigFile } from "../settings.ts";
import { printTable } from "../table.ts";
import { windowsNotice } from "../windows.ts";

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

export async function action(io: Io, flags: GlobalFlags): Promise<number> {
  const { config, origins, problems } = await inspect(io, flags);
  const lake = await lakeCheck(io, config.lake);
  const checks = [
    nodeCheck(),
    lake,
    ...(lake.ok ? await namesCheck(io, config.lake) : []),
    ...problems.map(settingCheck),
  ];
  const bucket = isS3(config.lake) ? await bucketFacts(io) : null;
  const failed = checks.filter(({ ok }) => !ok);
  if (flags.json) {
    const settings = origins.map(({ name, value, source, detail }) => ({ name, value, source, detail }));
    const facts = bucket === null ? {} : { bucket: Object.fromEntries(bucket.map(({ name, value }) => [name, value])) };
    await printJson(io, { version: 1, vantageflow: VERSION, settings, ...facts, checks });
  } else {
    const settings = origins.map(({ name, value, source, detail }) => [
      name,
      String(value),
      detail === "" ? source : `${source} (${detail})`,
      SETTINGS[name].description,
    ]);
    const heads = ["setting", "value", "from", "what it is"].map((head) => ({ head }));
    const rows = checks.map(({ name, ok, detail }) => [name, ok ? "ok" : "failed", "check", detail]);
    const facts = (bucket ?? []).map(({ name, value, none, from, what }) => [name, value ?? none, from, what]);
    await printTable(io, flags, heads, [...settings, ...facts, ...rows]);
  }
  for (const { detail } of failed) complain(io, detail);
  return problems.length > 0 ? 2 : failed.length > 0 ? 1 : 0;
}

/** A config file that cannot be read is one problem more, and hides no setting. */
async function inspect(io: Io, flags: GlobalFlags) {
  try {
    return inspectConfig(configInput(io, flags, await readConfigFile(io)));
  } catch (error) {
    if (!hasCode(error, "config_invalid")) throw error;
    const inspected = inspectConfig(configInput(io, flags, undefined));
    return { ...inspected, problems: [error.message, ...inspected.problems] };
  }
}

function settingCheck(problem: string): Check {
  return { name: "settings", ok: false, detail: problem };
}

function nodeCheck(): Check {
  const [major, minor] = process.versions.node.split(".").map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  const advice = ok ? "" : ": vantageflow needs Node 20.19 or later";
  return { name: "node", ok, detail: `Node ${process.versions.node}${advice}` };
}

interface Fact {
  readonly name: string;
  readonly value: string | null;
  /** What null stands for. */
  readonly none: string;
  readonly from: string;
  readonly what: string;
}

/** How the bucket is asked, and as whom: never a secret. Empty where that cannot be told; the check of the lake says why. */
async function bucketFacts({ environment }: Io): Promise<Fact[]> {
  const { describeAccess } = await import("../../storage/s3/access.ts");
  const access = await describeAccess(environment.AWS_PROFILE || "default").catch(() => null);
  if (access === null) return [];
  const from = (otherwise: string, ...names: string[]) => {
    const name = names.find((one) => environment[one]);
    return name === undefined ? otherwise : `environment (${name})`;
  };
  const { endpoint, region, credentials } = access;
  const profile = "profile or default";
  const asked = from(endpoint === null ? "default" : "profile", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL");
  return [
    {
      name: "endpoint",
      value: endpoint,
      none: "Amazon's",
      from: asked,
      what: "the server that is asked for the bucket",
    },
    {
      name: "region",
      value: region,
      none: "",
      from: from(profile, "AWS_REGION"),
      what: "what requests are signed for",
    },
    { name: "credentials", value: credentials, none: "none found", from: "AWS SDK", what: "where they come from" },
    {
      name: "ca_bundle",
      value: environment.AWS_CA_BUNDLE || null,
      none: "Node's",
      from: from("default", "AWS_CA_BUNDLE"),
      what: "who may sign the server's certificate",
    },
  ];
}

/** Names that are looked at: a lake may have millions. */
const NAMES = 10_000;

/** Nothing is wrong with a name that Windows cannot hold, until the lake is copied there. Empty where there is none. */
async function namesCheck(io: Io, url: string): Promise<Check[]> {
  const keys: string[] = [];
  try {
    for await (const { key } of untilEnd(io, openStorage(url)).list(BRONZE)) {
      if (keys.push(key) === NAMES) break;
    }
  } catch (error) {
    return [{ name: "names", ok: false, detail: messageOf(error) }];
  }
  const detail = windowsNotice(keys);
  return detail === null ? [] : [{ name: "names", ok: true, detail: `of the first ${keys.length}, ${detail}` }];
}

async function lakeCheck(io: Io, url: string): Promise<Check> {
  const place: Check = isDirectory(url)
    ? directoryCheck(io.cwd, url)
    : { name: "lake", ok: true, detail: `${url} can be listed` };
  try {
    if (place.ok) await look(io, url);
    return place;
  } catch (error) {
    return { name: "lake", ok: false, detail: messageOf(error) };
  }
}

/** Lists what no other command may take for nothing: the bucket, or every folder of a directory. Throws `storage_failed`. */
async function look(io: Io, url: string): Promise<void> {
  const storage = untilEnd(io, openStorage(url));
  if (!isDirectory(url)) for await (const _ of storage.list("")) return;
  checkFolders(url);
  for (const { prefix } of Object.values(topology.layers)) for await (const _ of storage.list(prefix));
}

/** The lake, or where it would be made, must be a directory that can be written. */
function directoryCheck(cwd: string, url: string): Check {
  let lake: string;
  try {
    lake = resolve(cwd, directoryOf(url));
  } catch (error) {
    return { name: "lake", ok: false, detail: messageOf(error) };
  }
  for (let dir = lake; ; dir = dirname(dir)) {
    try {
      if (!statSync(dir).isDirectory())
        return { name: "lake", ok: false, detail: `${dir} is no directory: choose another --lake` };
      accessSync(dir, constants.R_OK | constants.W_OK);
      return {
        name: "lake",
        ok: true,
        detail: dir === lake ? `${lake} can be written` : `there is no ${lake} yet: vantageflow ingest FILE makes it`,
      };
    } catch (error) {
      const missing =
        ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "") && dir !== dirname(dir);
      if (!missing) return { name: "lake", ok: false, detail: `Cannot use ${dir}: ${messageOf(error)}` };
    }
  }
}
