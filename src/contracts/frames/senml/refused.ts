import { quote, VantageflowError } from "../../../errors.ts";

/** Where in a source something is. */
interface SourcePlace {
  readonly key: string;
  readonly line: number;
  readonly character: number;
  readonly byteOffset: number;
}

const AGAIN = "Fetch it again from where it came from.";

/** For a byte that is no JSON where it stands, or the end of the file, which is -1. */
export function brokenJson(place: SourcePlace, byte: number, wanted: string): VantageflowError {
  const shown = byte < 128 ? quote(String.fromCharCode(byte)) : `byte 0x${byte.toString(16)}`;
  const found = byte < 0 ? "the file ends" : `there is ${shown}`;
  return refused(place, `${found} where ${wanted} should be. ${byte < 0 ? AGAIN : `Mend it. ${AGAIN}`}`);
}

export function labelUnknown(place: SourcePlace, label: string): VantageflowError {
  const why = `the label ${quote(label)} must be understood (RFC 8428, section 4.4), and it is not`;
  return refused(place, `${why}. Write packs without it.`);
}

export function versionUnknown(place: SourcePlace, version: string): VantageflowError {
  return refused(place, `bver is ${quote(version)}, and SenML is read up to version 10. Write packs of that version.`);
}

function refused({ key, line, character, byteOffset }: SourcePlace, why: string): VantageflowError {
  const message = `Cannot read "${key}": line ${line}, character ${character}: ${why}`;
  return new VantageflowError("source_invalid", message, { key, line, byteOffset });
}
