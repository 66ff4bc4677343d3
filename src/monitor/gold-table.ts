import { addRow, type DeviceReport, emptyMerge, type Merged, reportOf } from "../report/merge.ts";
import type { GoldRow } from "../report/rows.ts";
import { compareKeys } from "../storage/keys.ts";
import type { ObjectInfo } from "../storage/port.ts";

/** What a gold object says of a device. */
interface GoldOf {
  readonly object: ObjectInfo;
  readonly row: GoldRow;
}

/**
 * The gold of a lake, as compact as it can be: 44 bytes for a device in a batch. What changes is merged again, as `report`
 * does it.
 */
export interface GoldTable {
  put(object: ObjectInfo, rows: readonly GoldRow[]): void;
  /** Keeps of these objects what was put, and forgets all others. They come in the order of their keys. */
  arrange(objects: readonly ObjectInfo[]): void;
  /** In the order of the ids' bytes. */
  devices(): readonly DeviceReport[];
  /** The gold of a device, in the order of the keys. */
  ofDevice(id: string): GoldOf[];
  /** The rows of a gold object; none where it is not there. */
  ofObject(key: string): GoldRow[];
}

interface Held {
  readonly object: ObjectInfo;
  /** Numbers of devices. */
  readonly devices: Uint32Array;
  /** Total, average, minimum, maximum, anomalies of each. */
  readonly numbers: Float64Array;
}

const WIDTH = 5;
/** So many ids that no gold names any more are kept: numbering all anew takes a moment. */
const MAX_UNUSED = 1000;

export function createGoldTable(): GoldTable {
  let ids: string[] = [];
  let numberOf = new Map<string, number>();
  let held = new Map<string, Held>();
  let merged: readonly DeviceReport[] | null = null;

  function number(id: string): number {
    let found = numberOf.get(id);
    if (found === undefined) {
      found = ids.length;
      // A part of a text keeps the whole text in memory.
      const own = Buffer.from(id).toString();
      ids.push(own);
      numberOf.set(own, found);
    }
    return found;
  }

  function rowAt({ devices, numbers }: Held, i: number): GoldRow {
    const at = WIDTH * i;
    return {
      device_id: ids[devices[i]],
      total: numbers[at],
      average: numbers[at + 1],
      min: numbers[at + 2],
      max: numbers[at + 3],
      anomalies: numbers[at + 4],
    };
  }

  function merge(): readonly DeviceReport[] {
    const sums: Merged[] = [];
    for (const one of held.values()) {
      for (const [i, device] of one.devices.entries()) {
        sums[device] ??= emptyMerge();
        addRow(sums[device], rowAt(one, i));
      }
    }
    const reports: DeviceReport[] = [];
    for (const [i, sum] of sums.entries()) if (sum !== undefined) reports.push(reportOf(ids[i], sum));
    return reports.sort((a, b) => compareKeys(a.device_id, b.device_id));
  }

  /** Numbers the devices anew that there still are. */
  function renumber(): void {
    const old = ids;
    [ids, numberOf] = [[], new Map()];
    for (const { devices } of held.values()) for (const [i, n] of devices.entries()) devices[i] = number(old[n]);
  }

  return {
    put(object, rows) {
      const numbers = new Float64Array(WIDTH * rows.length);
      for (const [i, { total, average, min, max, anomalies }] of rows.entries()) {
        numbers.set([total, average, min, max, anomalies], WIDTH * i);
      }
      const devices = Uint32Array.from(rows, ({ device_id }) => number(device_id));
      held.set(object.key, { object, devices, numbers });
      merged = null;
    },
    arrange(objects) {
      const kept = new Map<string, Held>();
      for (const object of objects) {
        const one = held.get(object.key);
        if (one?.object.token === object.token) kept.set(object.key, one);
      }
      if (kept.size !== held.size) merged = null;
      held = kept;
    },
    devices() {
      if (merged !== null) return merged;
      merged = merge();
      if (ids.length > 2 * merged.length + MAX_UNUSED) renumber();
      return merged;
    },
    ofDevice(id) {
      const n = numberOf.get(id);
      if (n === undefined) return [];
      return [...held.values()].flatMap((one) => {
        const at = one.devices.indexOf(n);
        return at < 0 ? [] : [{ object: one.object, row: rowAt(one, at) }];
      });
    },
    ofObject(key) {
      const one = held.get(key);
      return one === undefined ? [] : Array.from(one.devices, (_, i) => rowAt(one, i));
    },
  };
}
