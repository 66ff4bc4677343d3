import type { JsonPath } from "../../path.ts";

/** What stands at a place: nothing of interest in itself, records, or one record. */
export const PLACE = 0;
export const RECORDS = 1;
export const RECORD = 2;

/** Objects and lists within one another. */
export const MAX_LEVELS = 128;

/** Matches nothing, for it is no byte of UTF-8. */
const NEVER = Buffer.of(254);
/** More members than that are found by a Map. */
const FEW = 8;

/** A place below a record or a document that somebody may ask for, and what stands there in the one at hand. */
export class PathNode {
  /** Below what; null at the top. */
  readonly parent: PathNode | null;
  /** A member's name, an element's index. */
  readonly step: string | number;
  /** The name's bytes. */
  readonly name: Buffer;
  /** The same where it stands in JSON text as it is, so that it can be compared with the text at once; else matches nothing. */
  readonly plain: Buffer;
  /** The member or element behind it, below the same place. */
  next: PathNode | null = null;
  /** Members, in the order in which they were made. */
  members: PathNode | null = null;
  memberCount = 0;
  /** The member that was come by last, and the one that is expected now, for records are much alike. */
  latest: PathNode | null = null;
  hint: PathNode | null = null;
  /** The sibling that was come by next after this one. */
  follower: PathNode | null = null;
  byName: Map<string, PathNode> | null = null;
  /** Elements, ascending; of the list that is being read the last that was come by, and the next. */
  elements: PathNode | null = null;
  passed: PathNode | null = null;
  coming: PathNode | null = null;
  /** For members that have no node of their own. */
  any: PathNode | null = null;
  role: typeof PLACE | typeof RECORDS | typeof RECORD = PLACE;
  /** What each of the records here is. */
  record: PathNode | null = null;
  /** A column's: what stands here is asked for. */
  isCell = false;
  /** Below the document, outside of records, with a column here or further below. */
  isRoot = false;
  /** Made of what a record has, not of what a contract says. */
  isLearned = false;
  /** Of the record or document in which something stood here last; what it was, and where, from the record's beginning. */
  stamp = 0;
  kind = 0;
  from = 0;
  to = 0;
  isEscaped = false;
  /** Of a cell outside of records, its text, for it is asked for when its bytes are gone. */
  text: Buffer = NEVER;
  #last: PathNode | null = null;
  #label: string | null = null;

  constructor(parent: PathNode | null, step: string | number) {
    this.parent = parent;
    this.step = step;
    this.name = typeof step === "string" ? Buffer.from(step) : NEVER;
    this.plain = this.name.some((c) => c < 32 || c === 34 || c === 92) ? NEVER : this.name;
  }

  /** Says that a member stands at hand. */
  come(node: PathNode): void {
    if (this.latest !== null && node !== this.hint) this.latest.follower = node;
    this.latest = node;
    this.hint = node.follower;
  }

  /** The member of that name: `b[from..to)` without escapes. */
  member(b: Buffer, from: number, to: number): PathNode | null {
    if (this.byName !== null) return this.byName.get(keyOf(b, from, to)) ?? null;
    for (let node = this.members; node !== null; node = node.next) {
      if (node.name.length === to - from && isAt(node.name, b, from)) return node;
    }
    return null;
  }

  addMember(name: string): PathNode {
    const node = new PathNode(this, name);
    if (this.#last === null) this.members = node;
    else this.#last.next = this.#last.follower = node;
    this.#last = node;
    node.follower = this.members;
    this.hint ??= node;
    this.memberCount++;
    if (this.byName !== null) this.byName.set(keyOf(node.name, 0, node.name.length), node);
    else if (this.memberCount > FEW) this.#index();
    return node;
  }

  #index(): void {
    this.byName = new Map();
    for (let node = this.members; node !== null; node = node.next) {
      this.byName.set(keyOf(node.name, 0, node.name.length), node);
    }
  }

  /** The list here begins again. */
  rewind(): void {
    this.passed = null;
    this.coming = this.elements;
  }

  /** The element of that index, in a list that is gone through from its beginning. */
  element(index: number): PathNode | null {
    const node = this.coming;
    if (node === null || node.step !== index) return null;
    this.passed = node;
    this.coming = node.next;
    return node;
  }

  /** Adds the element that {@link element} has not found. */
  addElement(index: number): PathNode {
    const node = new PathNode(this, index);
    node.next = this.coming;
    if (this.passed === null) this.elements = node;
    else this.passed.next = node;
    this.passed = node;
    return node;
  }

  /** The path from the record on, as {@link parsePath} reads it. */
  label(): string {
    if (this.#label === null) this.#label = this.#makeLabel();
    return this.#label;
  }

  #makeLabel(): string {
    const { parent, step } = this;
    if (parent === null || this.role === RECORD) return "";
    const front = parent.label();
    if (typeof step === "number") return `${front}[${step}]`;
    const isFirst = front === "";
    if (/^[^.[\]"*]+$/.test(step) && !(isFirst && step === "$")) return isFirst ? step : `${front}.${step}`;
    return `${front}[${JSON.stringify(step)}]`;
  }

  /** Forgets what was learned of records, here and below. */
  prune(): void {
    this.members = base(this.members);
    this.hint = this.members;
    this.latest = null;
    this.#last = null;
    this.byName = null;
    this.memberCount = 0;
    for (let node = this.members; node !== null; node = node.next) {
      this.#last = node;
      node.follower = node.next ?? this.members;
      this.memberCount++;
      node.prune();
    }
    if (this.memberCount > FEW) this.#index();
    this.elements = base(this.elements);
    for (let node = this.elements; node !== null; node = node.next) node.prune();
  }
}

/** Without those that were learned. */
function base(first: PathNode | null): PathNode | null {
  let [kept, last]: [PathNode | null, PathNode | null] = [null, null];
  for (let node = first; node !== null; node = node.next) {
    if (node.isLearned) continue;
    if (last === null) kept = node;
    else last.next = node;
    last = node;
  }
  if (last !== null) last.next = null;
  return kept;
}

function isAt(name: Buffer, b: Buffer, from: number): boolean {
  for (let i = 0; i < name.length; i++) if (name[i] !== b[from + i]) return false;
  return true;
}

/** With a letter in front, for of texts that are numbers the hash is no secret. */
const keyOf = (b: Buffer, from: number, to: number) => `k${b.toString("latin1", from, to)}`;

function addStep(node: PathNode, step: string | number): PathNode {
  if (typeof step === "string") {
    const name = Buffer.from(step);
    return node.member(name, 0, name.length) ?? node.addMember(step);
  }
  node.rewind();
  while (node.coming !== null && (node.coming.step as number) < step) node.element(node.coming.step as number);
  return node.element(step) ?? node.addElement(step);
}

/** All places of a document that its reader has to know. */
export class Paths {
  readonly top = new PathNode(null, "");
  /** Below it the columns of a record. */
  readonly record: PathNode;
  /** By column; null is the name of the member that the records belong to. */
  readonly columns: readonly (PathNode | null)[];
  /** Whether columns stand outside of the records. */
  readonly hasRoots: boolean;
  /** Whether records belong to members. */
  readonly hasMember: boolean;

  constructor(records: JsonPath | null, columns: readonly (JsonPath | "member")[]) {
    let list = this.top;
    for (const step of records?.steps ?? []) {
      if (step !== null) list = addStep(list, step);
      else list = list.any = new PathNode(list, "*");
    }
    this.record = new PathNode(list, 0);
    this.record.role = RECORD;
    list.role = RECORDS;
    list.record = this.record;
    this.columns = columns.map((path) => (path === "member" ? null : this.#add(path)));
    this.hasMember = records?.steps.includes(null) ?? false;
    this.hasRoots = this.columns.some((node) => node?.isRoot);
  }

  #add({ fromRoot, steps }: JsonPath): PathNode {
    // Deeper than anything that is read.
    if (steps.length > MAX_LEVELS) return new PathNode(null, "");
    let node = fromRoot ? this.top : this.record;
    for (const step of steps) {
      if (step === null) throw new Error("a column is one place, and * many");
      // What stands within the records is known as little in front of them as what stands behind.
      if (fromRoot && node.role === RECORDS) node.isRoot = true;
      node = addStep(node, step);
      if (fromRoot) node.isRoot = true;
    }
    node.isCell = true;
    return node;
  }
}
