import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../free-port.ts";
import type { Credentials } from "./signature.ts";

export interface Ceph {
  readonly version: string;
  readonly endpoint: string;
  stop(): void;
}

/** Debian's packages radosgw, ceph-mon and ceph-osd. */
export function hasCeph(): boolean {
  return ["radosgw", "ceph-mon", "ceph-osd"].every((program) => spawnSync(program, ["--version"]).status === 0);
}

/**
 * Starts a real S3 server on loopback, in about a second: one monitor, one OSD in memory and the RADOS gateway, all in one
 * folder that goes with them. Needs no root.
 */
export async function startCeph({ accessKeyId, secretAccessKey }: Credentials): Promise<Ceph> {
  const dir = fs.mkdtempSync(join(tmpdir(), "vantageflow-ceph-"));
  const [monitorPort, port] = [await freePort(), await freePort()];
  const started: ChildProcess[] = [];
  const stop = () => {
    for (const child of started.toReversed()) child.kill("SIGKILL");
    fs.rmSync(dir, { recursive: true, force: true });
  };
  const conf = join(dir, "ceph.conf");
  const run = (program: string, ...args: string[]) =>
    execFileSync(program, ["-c", conf, ...args], { cwd: dir, stdio: "pipe", timeout: 30_000 });
  const serve = (program: string, ...args: string[]) => {
    const log = fs.openSync(join(dir, `${program}.out`), "w");
    started.push(spawn(program, ["-c", conf, ...args, "-f"], { cwd: dir, stdio: ["ignore", log, log] }));
    fs.closeSync(log);
  };
  try {
    const fsid = randomUUID();
    for (const name of ["mon", "osd", "run"]) fs.mkdirSync(join(dir, name));
    fs.writeFileSync(conf, configuration(dir, fsid, monitorPort, port));
    run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", `[v1:127.0.0.1:${monitorPort}]`, "monmap");
    run("osdmaptool", "--createsimple", "1", "--clobber", "osdmap");
    run("ceph-mon", "-i", "a", "--mkfs", "--monmap", "monmap", "--osdmap", "osdmap");
    serve("ceph-mon", "-i", "a");
    // Answers once the monitor has its quorum; before that the OSD would die of a "wrong fsid".
    run("rados", "lspools");
    run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", randomUUID());
    serve("ceph-osd", "-i", "0");
    const keys = ["--access-key", accessKeyId, "--secret-key", secretAccessKey];
    run("radosgw-admin", "-n", "client.rgw", "user", "create", "--uid=test", "--display-name=test", ...keys);
    serve("radosgw", "-n", "client.rgw");
    await listening(port);
    const version = execFileSync("radosgw", ["--version"], { encoding: "utf8" }).split(" ")[2];
    return { version, endpoint: `http://127.0.0.1:${port}`, stop };
  } catch (error) {
    stop();
    throw error;
  }
}

async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    const open = await new Promise<boolean>((done) => {
      const socket = connect(port, "127.0.0.1", () => done(true)).on("error", () => done(false));
      socket.on("connect", () => socket.destroy());
    });
    if (open) return;
    await new Promise((later) => setTimeout(later, 25));
  }
  throw new Error("radosgw does not listen");
}

/** Without the intervals the start takes 11 s; without the rest a single node never becomes clean. */
function configuration(dir: string, fsid: string, monitorPort: number, port: number): string {
  return `[global]
fsid = ${fsid}
mon_host = v1:127.0.0.1:${monitorPort}
mon_initial_members = a
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_msgr2 = false
run_dir = ${dir}/run
crash_dir = ${dir}/run
admin_socket = ${dir}/run/$name.asok
pid_file = ${dir}/run/$name.pid
log_file = ${dir}/$name.log
mon_data = ${dir}/mon
osd_data = ${dir}/osd
osd_objectstore = memstore
memstore_device_bytes = 2147483648
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
osd_class_update_on_start = false
osd_crush_update_on_start = false
osd_class_load_list = *
osd_class_default_list = *
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
mon_max_pg_per_osd = 2000
paxos_propose_interval = 0.02
paxos_min_wait = 0.01
mon_tick_interval = 1
objecter_tick_interval = 0.1
mon_client_hunt_interval = 0.5
mon_client_ping_interval = 1
osd_mon_heartbeat_interval = 1
rgw_thread_pool_size = 32
rgw_rados_pool_pg_num_min = 1
rgw_dns_name =
[client.rgw]
rgw_frontends = beast endpoint=127.0.0.1:${port}
rgw_enable_usage_log = false
`;
}
