/**
 * The part of Protocol Buffers that the plugin protocol needs.
 * @see https://protobuf.dev/programming-guides/encoding/
 */

const LENGTH_DELIMITED = 2;

/** A message of its fields. */
export function message(fields: readonly Buffer[]): Buffer {
  return Buffer.concat(fields);
}

/** A field of bytes, or of another message. */
export function bytes(field: number, value: Buffer): Buffer {
  return Buffer.concat([varint((field << 3) | LENGTH_DELIMITED), varint(value.length), value]);
}

/** A field of text. */
export function text(field: number, value: string): Buffer {
  return bytes(field, Buffer.from(value));
}

/** A field of a whole number, a flag or an enumeration. */
export function number(field: number, value: number): Buffer {
  return value === 0 ? Buffer.alloc(0) : Buffer.concat([varint(field << 3), varint(value)]);
}

function varint(value: number): Buffer {
  const groups: number[] = [];
  let rest = value;
  do {
    groups.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return Buffer.from(groups);
}

/**
 * The length-delimited fields of a message by their numbers, the last of each; numbers and flags are passed over.
 * @throws Error for a field of a kind that the plugin protocol does not have
 */
export function fieldsOf(encoded: Buffer): ReadonlyMap<number, Buffer> {
  const fields = new Map<number, Buffer>();
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const group = encoded[at++];
      if (group === undefined) throw new Error('A message ends within a number.');
      value |= (group & 0x7f) << shift;
      if (group < 0x80) return value >>> 0;
    }
  };
  while (at < encoded.length) {
    const key = next();
    const kind = key & 7;
    if (kind === 0) next();
    else if (kind === LENGTH_DELIMITED) {
      const length = next();
      fields.set(key >>> 3, encoded.subarray(at, at + length));
      at += length;
    } else throw new Error(`A field of kind ${kind} is not read here.`);
  }
  return fields;
}
