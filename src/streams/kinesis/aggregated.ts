import { createHash } from "node:crypto";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** What AWS's producers put in front of many records that they send as one (awslabs/amazon-kinesis-producer, "aggregation-format.md"). */
const MAGIC = Buffer.from([0xf3, 0x89, 0x9a, 0xc2]);
const DIGEST_BYTES = 16;
/** `AggregatedRecord.records`, and `Record.data` in each. */
const [RECORDS, DATA] = [3, 3];

/**
 * The data of each record that was packed into this one, in order; null for what is no such package, or a damaged one, as AWS's own
 * readers see it. The keys beside them decide nothing: some packers mix them up. A record without data has none.
 */
export function unpackAggregated(bytes: Uint8Array): Uint8Array[] | null {
  const end = bytes.length - DIGEST_BYTES;
  if (end < MAGIC.length || !MAGIC.equals(bytes.subarray(0, MAGIC.length))) return null;
  const body = bytes.subarray(MAGIC.length, end);
  if (!createHash("md5").update(body).digest().equals(bytes.subarray(end))) return null;
  try {
    return fieldsOf(body, RECORDS).map((record) => fieldsOf(record, DATA).at(-1) ?? new Uint8Array());
  } catch {
    return null;
  }
}

/** All that a message has under one number, of whose fields those that have a length. Throws for what is no message. */
function fieldsOf(message: Uint8Array, wanted: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === wanted && type === WireType.LengthDelimited) found.push(reader.bytes());
    else reader.skip(type, field);
  }
  return found;
}
