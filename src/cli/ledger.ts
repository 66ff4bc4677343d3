import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { VantageflowError } from "../errors.ts";
import type { Link } from "../seals/chain.ts";
import { CHANGES, type Compared, type LedgerChange } from "../seals/compare.ts";
import { isWrong } from "../seals/verify.ts";
import type { GlobalFlags, Io } from "./io.ts";
import { printTable } from "./table.ts";

type Counts = Readonly<Record<LedgerChange, number>>;

const MAKE =
  "Make one: openssl genpkey -algorithm ed25519 -out seal.pem; openssl pkey -in seal.pem -pubout -out seal.pub.pem";

/** Throws `input_invalid` for a file that holds none. Nothing of the file is in any message. */
export function readPrivateKey(io: Io, file: string): KeyObject {
  return readKey(io, file, "private", createPrivateKey);
}

/** The same of a public key; a private one is refused, for whoever verifies should have none. */
export function readPublicKey(io: Io, file: string): KeyObject {
  return readKey(io, file, "public", (text) => {
    if (text.includes("PRIVATE KEY")) throw new Error("private");
    return createPublicKey(text);
  });
}

function readKey(io: Io, file: string, kind: "private" | "public", read: (text: string) => KeyObject): KeyObject {
  const refuse = (why: string) =>
    new VantageflowError("input_invalid", `Cannot read the ${kind} key "${file}": ${why}. ${MAKE}`);
  let text: string;
  try {
    text = readFileSync(resolve(io.cwd, file), "utf8");
  } catch (error) {
    throw refuse((error as NodeJS.ErrnoException).code === "ENOENT" ? "there is no such file" : "it cannot be read");
  }
  let key: KeyObject;
  try {
    key = read(text);
  } catch {
    throw refuse(`it is no ${kind} key in PEM without a passphrase`);
  }
  if (key.asymmetricKeyType !== "ed25519") throw refuse("it is not of Ed25519");
  return key;
}

/** Throws `usage` for what is no digest. */
export function keptDigests(given: readonly string[]): string[] {
  const digests = given.map((one) => one.toLowerCase());
  const wrong = digests.find((one) => !/^[0-9a-f]{64}$/.test(one));
  if (wrong === undefined) return digests;
  const why = "it is no SHA-256. Give the 64 digits that vantageflow ledger seal printed";
  throw new VantageflowError("usage", `Cannot look for the seal "${wrong}": ${why}`);
}

export function sealJson({ seal, key, digest, isSigned }: Link) {
  const { number, time, previous, entries, accepted } = seal;
  return { number, key, digest, time, previous, entries, signed: isSigned, accepted };
}

export function findingJson({ key, change, time }: Compared) {
  return { key, change, time: time === null ? null : new Date(time).toISOString() };
}

const WHY: Readonly<Partial<Record<LedgerChange, string>>> = {
  removed: "it was sealed, is younger than its retention, and is gone",
  rewritten: "its bytes are not those that were sealed, and no later run says that it wrote them",
  dismissed: "its dead letter was dismissed",
};

export async function printFindings(io: Io, flags: GlobalFlags, findings: readonly Compared[]): Promise<void> {
  const heads = ["key", "change", "why"].map((head) => ({ head }));
  const wrongFirst = [...findings.filter(isWrong), ...findings.filter((one) => !isWrong(one))];
  const rows = wrongFirst.map(({ key, change, time }) => {
    const made = time === null ? "" : `a run of ${new Date(time).toISOString()} made it again, as it says itself`;
    return [key, change, WHY[change] ?? made];
  });
  await printTable(io, flags, heads, rows, (cell, head, colors) => {
    return head === "change" && (cell === "removed" || cell === "rewritten") ? colors.red(cell) : cell;
  });
}

/** `2 removed, 1 rewritten` */
export function changedText({ removed, rewritten }: Counts): string {
  return `${removed} removed, ${rewritten} rewritten since the last seal`;
}

/** `12 receipts and dead letters: 10 intact, 2 came since` */
export function countsText(counts: Counts): string {
  const total = CHANGES.reduce((sum, change) => sum + counts[change], 0);
  const told = CHANGES.filter((change) => change === "intact" || counts[change] > 0);
  const parts = told.map((change) => `${counts[change]} ${change === "came" ? "came since" : change}`);
  return `${total} receipts and dead letters: ${parts.join(", ")}`;
}
