// Loaded before the built binary (NODE_OPTIONS=--import): counts the storage operations below a lake in every thread, and
// does at one of them what a power cut, an OOM killer or a broken disk would do. VANTAGEFLOW_FAULT says what, as JSON:
//   { lake, thread, log }                      appends "<kind>" to the file `log` at each operation of that thread
//   { lake, thread, kill: n, moment }          SIGKILL "before", in the "middle" of or "after" the n-th (from 0)
//   { lake, thread, exit: n }                  the n-th (from 0) ends its thread, and what that was at
//   { lake, thread, kind, errno, from, to }    every operation of that kind fails, from the from-th (from 0) to before the to-th
//   { lake, kind, errno, path }                the same of paths in which this stands
//   { lake, slow: ms }                         every operation takes so long: signals find work in flight
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { threadId } from "node:worker_threads";

const fault = JSON.parse(process.env.VANTAGEFLOW_FAULT ?? "{}");
const real = { ...fs };
const isMine = fault.thread === undefined || (fault.thread === 0) === (threadId === 0);

/** Descriptors of files and folders below the lake. */
const open = new Map();
let operations = 0;
let ofKind = 0;

const isInside = (path) => typeof path === "string" && path.startsWith(join(fault.lake, "/"));
const die = () => process.kill(process.pid, "SIGKILL");
const wait = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

function failure(kind) {
  const text = `${fault.errno}: injected, ${kind}`;
  return Object.assign(new Error(text), { code: fault.errno, syscall: kind });
}

/** Counts an operation; returns how it is to be disturbed: null, "middle", "after" or "fail". */
function next(kind, paths = []) {
  if (!isMine) return null;
  if (fault.log !== undefined) real.appendFileSync(fault.log, `${kind}\n`);
  if (fault.slow !== undefined) wait(fault.slow);
  if (fault.errno !== undefined && (kind === fault.kind || (fault.kind === "rename" && kind === "link"))) {
    if (fault.path !== undefined) return paths.some((path) => path.includes(fault.path)) ? "fail" : null;
    const number = ofKind++;
    if (number >= fault.from && number < (fault.to ?? Number.POSITIVE_INFINITY)) return "fail";
  }
  const operation = operations++;
  if (operation === fault.exit) process.exit(1);
  if (operation !== fault.kill) return null;
  if (fault.moment === "before") die();
  return fault.moment;
}

/** A synchronous operation; `half` does a part of it. */
function disturbed(kind, work, half = () => {}, paths = []) {
  const how = next(kind, paths);
  if (how === "middle" || how === "fail") half();
  if (how === "middle") die();
  if (how === "fail") throw failure(kind);
  try {
    return work();
  } finally {
    // Also of one that has failed: a file that is removed may be gone already.
    if (how === "after") die();
  }
}

const kindOfSync = (fd) => (open.get(fd) === "folder" ? "fsync of directory" : "fsync");

function openSync(path, flags, mode) {
  if (!isInside(path)) return real.openSync(path, flags, mode);
  const work = () => {
    const fd = real.openSync(path, flags, mode);
    open.set(fd, real.fstatSync(fd).isDirectory() ? "folder" : "file");
    return fd;
  };
  return disturbed("open", work, undefined, [path]);
}

function writeSync(fd, bytes, offset = 0, ...rest) {
  if (!open.has(fd)) return real.writeSync(fd, bytes, offset, ...rest);
  const left = bytes.length - offset;
  const half = () => left > 1 && real.writeSync(fd, bytes, offset, left >> 1);
  return disturbed("write", () => real.writeSync(fd, bytes, offset, ...rest), half);
}

function closeSync(fd) {
  if (!open.has(fd)) return real.closeSync(fd);
  return disturbed("close", () => {
    open.delete(fd);
    return real.closeSync(fd);
  });
}

function fsyncSync(fd) {
  if (!open.has(fd)) return real.fsyncSync(fd);
  return disturbed(kindOfSync(fd), () => real.fsyncSync(fd));
}

/** fsync and fdatasync on the thread pool. */
function onPool(name) {
  return (fd, done) => {
    if (!open.has(fd)) return real[name](fd, done);
    const kind = kindOfSync(fd);
    const how = next(kind);
    if (how === "middle") die();
    if (how === "fail") return setImmediate(done, failure(kind));
    return real[name](fd, (error) => {
      if (how === "after") die();
      done(error);
    });
  };
}

function onPaths(kind, name) {
  return (...given) => {
    if (!given.some(isInside)) return real[name](...given);
    const paths = given.filter((one) => typeof one === "string");
    return disturbed(kind, () => real[name](...given), undefined, paths);
  };
}

if (fault.lake !== undefined) {
  Object.assign(fs, {
    openSync,
    writeSync,
    closeSync,
    fsyncSync,
    fsync: onPool("fsync"),
    fdatasync: onPool("fdatasync"),
  });
  fs.copyFileSync = onPaths("copy", "copyFileSync");
  fs.renameSync = onPaths("rename", "renameSync");
  fs.linkSync = onPaths("link", "linkSync");
  fs.rmSync = onPaths("remove", "rmSync");
  fs.unlinkSync = onPaths("remove", "unlinkSync");
  fs.mkdirSync = onPaths("mkdir", "mkdirSync");
  // Reading changes nothing: it is no moment to be killed at.
  if (fault.kind === "look") {
    fs.opendirSync = onPaths("look", "opendirSync");
    fs.readdirSync = onPaths("look", "readdirSync");
  }
  syncBuiltinESMExports();
}
