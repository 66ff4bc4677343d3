import { MAX_ID_BYTES } from "../../pipeline/devices.ts";
import type { LocalStretch } from "./local-time.ts";

/** What is known of a device from its rows before, near an hour that exists twice. */
interface Track {
  /** Local time of its last row, and how much later than the one before it was; both in seconds. */
  last: number;
  step: number;
  /** Rows of that time so far, and how many the time before it had. */
  rows: number;
  usualRows: number;
  /** Where the hour begins in which that row was; NaN outside. */
  hour: number;
  /** 1 the first, 2 the second; what is neither cannot be. */
  pass: number;
  /** Whether rows go forward in time. */
  isForward: boolean;
  /** Whether a row before tells that they do: none does of a device that begins within the hour. */
  isDirectionKnown: boolean;
  /** Rows within this hour, as long as nothing has told which pass they are of. */
  undecided: number;
}

/** Devices followed at a time, of which each takes up to half a kilobyte. */
const MAX_TRACKED = 65_536;

/**
 * Tells the two passes of an hour that exists twice apart by the order of a device's rows. Who comes from before it is in the
 * first pass, and in the second from the step back on; who comes from behind it, because the newest row is first, the other
 * way round. The same time again is the same pass, unless times stand an hour or more apart anyway and this one has all of
 * its rows: as many as the one before.
 *
 * What shows but one pass may as well be the other one: its rows are {@link assumed} until a step tells.
 *
 * Memory is bounded: a device that comes when MAX_TRACKED are followed is not, and its passes are told by nothing.
 */
export class Passes {
  readonly #tracks = new Map<string, Track>();
  readonly #limit: number;
  /** Rows so far of which nothing tells their pass: they have the one next to where their device came from, else the first. */
  assumed = 0;

  constructor(limit = MAX_TRACKED) {
    this.#limit = limit;
  }

  /** A row outside of such an hour, but near one. */
  pass(device: string, local: number): void {
    const track = this.#tracks.get(device);
    if (track === undefined) {
      this.#follow(device, newTrack(local, Number.NaN));
      return;
    }
    // It went on behind the hour: so the step within it was one back in time.
    if (track.pass === 2 && track.isForward && local > track.hour) this.#decide(track);
    move(track, local);
    track.hour = Number.NaN;
    track.undecided = 0;
  }

  /** A row within it: 1 or 2, or 0 where nothing tells. */
  passOf(device: string, local: number, hour: LocalStretch): 0 | 1 | 2 {
    const track = this.#tracks.get(device);
    if (track === undefined) {
      const begun = newTrack(local, hour.from);
      if (!this.#follow(device, begun)) return 0;
      this.#assume(begun);
      return 1;
    }
    if (track.hour !== hour.from) {
      track.isForward = track.last < hour.from;
      track.isDirectionKnown = true;
      track.undecided = 0;
      track.pass = track.isForward ? 1 : 2;
      track.hour = hour.from;
      this.#assume(track);
      move(track, local);
    } else if (isNextPass(track, local, hour.to - hour.from)) {
      track.pass += track.isForward ? 1 : -1;
      if (track.isDirectionKnown) this.#decide(track);
      else if (track.pass === 2) this.#assume(track);
      if (local !== track.last) track.usualRows = track.rows;
      track.last = local;
      track.rows = 1;
    } else {
      if (local !== track.last && track.pass === 1) track.isDirectionKnown = true;
      if (track.undecided > 0 && track.pass <= 2) this.#assume(track);
      move(track, local);
    }
    return track.pass === 1 || track.pass === 2 ? track.pass : 0;
  }

  #assume(track: Track): void {
    track.undecided++;
    this.assumed++;
  }

  #decide(track: Track): void {
    this.assumed -= track.undecided;
    track.undecided = 0;
  }

  #follow(device: string, track: Track): boolean {
    if (this.#tracks.size >= this.#limit || device.length > MAX_ID_BYTES) return false;
    this.#tracks.set(device, track);
    return true;
  }
}

function newTrack(last: number, hour: number): Track {
  const within = { hour, pass: 1, isForward: true, isDirectionKnown: false, undecided: 0 };
  return { last, step: 0, rows: 1, usualRows: 0, ...within };
}

/** Rows of the same time say nothing about how far apart times stand. */
function move(track: Track, local: number): void {
  if (local === track.last) {
    track.rows++;
    return;
  }
  track.step = local - track.last;
  track.usualRows = track.rows;
  track.last = local;
  track.rows = 1;
}

function isNextPass({ last, step, rows, usualRows, isForward }: Track, local: number, length: number): boolean {
  if (local === last) return Math.abs(step) >= length && rows >= usualRows;
  return isForward ? local < last : local > last;
}
