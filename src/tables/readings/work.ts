import { ANOMALIES, isCsvName, isRejectsKey, pathOf, SILVER } from "../../ledger/layers.ts";
import { functionFolder, receiptName } from "../../ledger/names.ts";
import { compareKeys, keyProblem } from "../../storage/keys.ts";
import type { LakeStorage, ObjectInfo, OnSkipped } from "../../storage/port.ts";
import { reordered } from "../../storage/reordered.ts";
import { topology } from "../../topology.ts";

/** The function whose receipts say which batches are in the table. */
export const TABLES_FUNCTION = topology.functions.tables.name;

/** A batch as listings show it: what there is of it, and which receipts the function has. At least one of these. */
export interface TableBatch {
  /** Of silver, without its layer: what the table's column `batch` has. */
  readonly path: string;
  readonly silver: ObjectInfo | null;
  readonly anomalies: ObjectInfo | null;
  readonly receipts: readonly ObjectInfo[];
}

/**
 * The version of a batch, for the name of its receipt: silver's token and, where there are anomalies, theirs behind a dot, which no
 * token has. Silver alone would not do: in a bucket the same bytes have the same token, and only the anomalies may be others.
 */
export function versionOf(silver: ObjectInfo, anomalies: ObjectInfo | null): string {
  return anomalies === null ? silver.token : `${silver.token}.${anomalies.token}`;
}

/**
 * Whether there is nothing to do for a batch. Anomalies expire before silver, which changes nothing of what the table has.
 * Two receipts end no work: a run was killed before it removed the older one, and names do not tell which holds.
 */
export function isInTable({ silver, anomalies, receipts }: TableBatch): boolean {
  if (silver === null || receipts.length !== 1) return false;
  const token = receiptName(receipts[0].key)?.token ?? "";
  if (token === versionOf(silver, anomalies)) return true;
  return anomalies === null && token.startsWith(`${silver.token}.`);
}

/**
 * All batches that are in silver or that the function has receipts of, in the order of `<path>/`: three listings, merged as
 * they come. What can be no batch is told to `onSkipped`.
 */
export async function* listTableBatches(storage: LakeStorage, onSkipped: OnSkipped): AsyncGenerator<TableBatch> {
  const silver = cursorOf(inFolderOrder(objectsOf(storage, SILVER, onSkipped)));
  const anomalies = cursorOf(inFolderOrder(objectsOf(storage, ANOMALIES, () => {})));
  const receipts = cursorOf(receiptsOf(storage));
  try {
    for (;;) {
      const [a, b] = [await silver.peek(), await receipts.peek()];
      const paths = [a === null ? [] : pathOf(a.key), b === null ? [] : b.path].flat();
      if (paths.length === 0) return;
      const [path] = paths.sort((x, y) => compareKeys(`${x}/`, `${y}/`));
      for (let odd = await anomalies.peek(); odd !== null; odd = await anomalies.peek()) {
        if (compareKeys(`${pathOf(odd.key)}/`, `${path}/`) >= 0) break;
        await anomalies.take();
      }
      const odd = await anomalies.peek();
      const isSilver = a !== null && pathOf(a.key) === path;
      const hasReceipts = b?.path === path;
      yield {
        path,
        silver: isSilver ? a : null,
        anomalies: odd !== null && pathOf(odd.key) === path ? odd : null,
        receipts: hasReceipts ? b.objects : [],
      };
      if (isSilver) await silver.take();
      if (hasReceipts) await receipts.take();
    }
  } finally {
    for (const cursor of [silver, anomalies, receipts]) await cursor.close();
  }
}

async function* objectsOf(storage: LakeStorage, layer: string, onSkipped: OnSkipped): AsyncGenerator<ObjectInfo> {
  for await (const object of storage.list(layer, { onSkipped })) {
    const { key } = object;
    if (!isCsvName(key) || isRejectsKey(key)) continue;
    const problem = keyProblem(key);
    if (problem === null) yield object;
    else onSkipped(key, problem);
  }
}

/** Objects in the order of `<path>/`, which is that of the folders of their receipts: `a.csv` comes before `a.csv-1.csv` in a listing, and `a.csv/` behind `a.csv-1.csv/`. */
function inFolderOrder(objects: AsyncIterable<ObjectInfo>): AsyncGenerator<ObjectInfo, void, undefined> {
  const orderOf = ({ key }: ObjectInfo) => `${pathOf(key)}/`;
  const compare = (a: ObjectInfo, b: ObjectInfo) => compareKeys(orderOf(a), orderOf(b));
  return reordered(objects, { nameOf: ({ key }) => pathOf(key), orderOf, compare });
}

interface Receipts {
  readonly path: string;
  readonly objects: ObjectInfo[];
}

/** The function's receipts by batch. In a bucket a batch may be called as the folder of another: their receipts are mixed there. */
async function* receiptsOf(storage: LakeStorage): AsyncGenerator<Receipts> {
  let open: Receipts[] = [];
  const inOrder = () => open.sort((a, b) => compareKeys(`${a.path}/`, `${b.path}/`));
  for await (const object of storage.list(functionFolder(TABLES_FUNCTION))) {
    const path = receiptName(object.key)?.path;
    if (path === undefined) continue;
    if (open.length > 0 && !`${path}/`.startsWith(`${open[0].path}/`)) {
      yield* inOrder();
      open = [];
    }
    const known = open.find((one) => one.path === path);
    if (known === undefined) open.push({ path, objects: [object] });
    else known.objects.push(object);
  }
  yield* inOrder();
}

/** One after the other, with a look at the next. */
function cursorOf<T>(items: AsyncGenerator<T>) {
  let next: Promise<T | null> | undefined;
  const advance = async () => {
    const { done, value } = await items.next();
    return done === true ? null : value;
  };
  return {
    peek: () => (next ??= advance()),
    async take() {
      await next;
      next = undefined;
    },
    async close() {
      await items.return(undefined);
    },
  };
}
