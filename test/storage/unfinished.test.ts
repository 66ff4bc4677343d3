import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

/** What happens while the list of this folder is on its way to its reader: once. */
const meanwhile = vi.hoisted(() => ({ folder: "", happens: (names: string[]) => names }));
/** The type of file system that statfs names, where it is not the real one. */
const disk = vi.hoisted(() => ({ type: 0 }));

vi.mock("node:fs", async (original) => {
  const real = await original<typeof import("node:fs")>();
  const readdirSync = ((...args: Parameters<typeof real.readdirSync>) => {
    const names = real.readdirSync(...args);
    if (args[0] !== meanwhile.folder) return names;
    meanwhile.folder = "";
    return meanwhile.happens(names as unknown as string[]);
  }) as never;
  const statfsSync = (path: string) => ({ ...real.statfsSync(path), ...(disk.type === 0 ? {} : { type: disk.type }) });
  return { ...real, readdirSync, statfsSync };
});

const { unfinishedUploads } = await import("../../src/storage/local/unfinished.ts");

const LONG_AGO = 3_600_000;
const isLinux = fs.existsSync("/proc/self/fd");
const isRoot = process.geteuid?.() === 0;
/** Of a machine's own processes, as root: nothing is hidden then. */
const seesAll = isRoot && isLinux && fs.readlinkSync("/proc/self/ns/pid") === "pid:[4026531836]";

let root = "";
const children: ChildProcess[] = [];
beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), "vantageflow-unfinished-"));
  fs.chmodSync(root, 0o755);
});
afterEach(() => {
  // With what they have begun themselves.
  for (const { pid } of children.splice(0)) process.kill(-(pid as number), "SIGKILL");
  fs.rmSync(root, { recursive: true });
});

/** Which of these are unfinished, when they were changed so long ago. */
function unfinished(keys: readonly string[], age = LONG_AGO, settleMs = 1000): string[] {
  const objects = keys.map((key) => ({ key, token: "", size: 2, modified: 0 }));
  const there = keys.filter((key) => fs.existsSync(join(root, key)));
  const changes = there.map((key) => fs.lstatSync(join(root, key)).ctimeMs);
  return [...unfinishedUploads(root, objects, settleMs, Math.max(...changes) + age)];
}

/** A shell that does the first part, and the second one when it is told to; both say when they are done. */
async function shell(first: string, second = ":"): Promise<{ pid: number; goOn: () => void }> {
  const script = `${first}; echo ready; read line; ${second}; echo > moved; read line`;
  const child = spawn("bash", ["-ec", script], { cwd: root, stdio: ["pipe", "pipe", "inherit"], detached: true });
  children.push(child);
  await once(child.stdout, "data");
  const goOn = () => {
    fs.writeSync((child.stdin as unknown as { _handle: { fd: number } })._handle.fd, "\n");
    while (!fs.existsSync(join(root, "moved")));
  };
  return { pid: child.pid ?? 0, goOn };
}

/** Does this while the list of a folder is on its way. */
function during(folder: string, happens: () => void): void {
  Object.assign(meanwhile, {
    folder,
    happens: (names: string[]) => {
      happens();
      return names;
    },
  });
}

describe.runIf(isLinux)("an upload is unfinished", () => {
  it("while a process has it open for writing, however long ago it was changed", async () => {
    await shell("exec 3> u.csv 4>> more.csv 5<> both.csv; echo a >&3; echo a > done.csv; exec 6< done.csv");
    expect(unfinished(["u.csv", "more.csv", "both.csv", "done.csv"])).toEqual(["u.csv", "more.csv", "both.csv"]);
  });

  it("under each of its names in the lake", async () => {
    await shell("exec 3> u.csv; echo a >&3; mkdir a; ln u.csv a/u.csv");
    expect(unfinished(["u.csv", "a/u.csv"])).toEqual(["u.csv", "a/u.csv"]);
  });

  it("while its descriptor gets another number", async () => {
    const { pid, goOn } = await shell("exec 3> u.csv; echo a >&3", "exec 4>&3 3>&-");
    during(`/proc/${pid}/fd`, goOn);
    expect(unfinished(["u.csv"])).toEqual(["u.csv"]);
    expect(meanwhile.folder).toBe("");
  });

  it("while it is handed to a process that has just begun", async () => {
    const { goOn } = await shell("exec 3> u.csv; echo a >&3", "sleep 1000 & exec 3>&-");
    during("/proc", goOn);
    expect(unfinished(["u.csv"])).toEqual(["u.csv"]);
    expect(meanwhile.folder).toBe("");
  });

  it.each(["EMFILE", "ENFILE", "ENOMEM"])("where the system cannot look just now (%s)", async (code) => {
    const { pid } = await shell("exec 3> u.csv; echo a >&3");
    for (const folder of ["/proc", `/proc/${pid}/fd`]) {
      during(folder, () => {
        throw Object.assign(new Error(code), { code });
      });
      expect(unfinished(["u.csv"])).toEqual(["u.csv"]);
    }
  });

  it("whatever else cannot be looked at", async () => {
    await shell("exec 3> u.csv; echo a >&3; echo a > file");
    expect(unfinished(["file/below.csv", "gone.csv", "u.csv"])).toEqual(["u.csv"]);
  });

  it("for a while where a process of its user hides what it has open, as sshd does", async () => {
    const nobody = isRoot ? 65534 : (process.geteuid?.() as number);
    const [sleep, path] = [join(root, "sleep"), join(root, "u.csv")];
    // Whoever may not read a program may not look into it.
    fs.copyFileSync("/bin/sleep", sleep);
    fs.chmodSync(sleep, 0o111);
    const file = fs.openSync(path, "w");
    fs.writeSync(file, "a\n");
    if (isRoot) fs.fchownSync(file, nobody, nobody);
    const user = isRoot ? { uid: nobody, gid: nobody } : {};
    children.push(spawn(sleep, ["1000"], { stdio: ["ignore", file, "ignore"], detached: true, ...user }));
    fs.closeSync(file);
    const look = (age: number) => as(nobody, () => unfinished(["u.csv"], age));
    expect([look(500), look(1500)]).toEqual([["u.csv"], []]);
  });

  it.each(["no list of processes", "a list without the first of them"])("for a while where there is %s", (what) => {
    fs.writeFileSync(join(root, "u.csv"), "a\n");
    const look = (age: number) => {
      Object.assign(meanwhile, {
        folder: "/proc",
        happens: (names: string[]) => {
          if (what.startsWith("no")) throw Object.assign(new Error("no /proc"), { code: "ENOENT" });
          return names.filter((name) => name !== "1");
        },
      });
      return unfinished(["u.csv"], age);
    };
    expect([look(500), look(1500)]).toEqual([["u.csv"], []]);
  });

  it("for a while on a disk that other machines write to as well", async () => {
    fs.writeFileSync(join(root, "u.csv"), "a\n");
    disk.type = 0x6969;
    const found = [500, 1500].map((age) => unfinished(["u.csv"], age));
    disk.type = 0;
    expect(found).toEqual([["u.csv"], []]);
  });

  it("for as long and no longer where its content is of a time to come, as of a logger whose clock is ahead", async () => {
    fs.writeFileSync(join(root, "u.csv"), "a\n");
    const ahead = new Date("2100-01-01");
    fs.utimesSync(join(root, "u.csv"), ahead, ahead);
    disk.type = 0x6969;
    const found = [500, 1500].map((age) => unfinished(["u.csv"], age));
    const [soon, atOnce] = [unfinished(["u.csv"], -120_000), unfinished(["u.csv"], 0, 0)];
    disk.type = 0;
    expect(found).toEqual([["u.csv"], []]);
    // A clock of the disk that is far ahead keeps no file waiting, and who does not wait waits for nothing.
    expect([soon, atOnce]).toEqual([[], []]);
  });

  it.runIf(seesAll)("not at all once it is closed, and its writer can be known", async () => {
    await shell("echo a > u.csv");
    expect(unfinished(["u.csv"], 0)).toEqual([]);
  });
});

/** As another user, where we are root. */
function as<T>(user: number, work: () => T): T {
  if (!isRoot) return work();
  process.setegid?.(user);
  process.seteuid?.(user);
  try {
    return work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}
