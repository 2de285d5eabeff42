/** Messages as the wire has them (protobuf.dev, Encoding): taken apart without knowing what they mean, and put wrong. */

export interface WireField {
  readonly number: number;
  readonly type: 0 | 1 | 2 | 5;
  readonly value: bigint | Buffer;
}

/** @returns undefined for bytes that are no message. */
export function parseWire(bytes: Buffer): readonly WireField[] | undefined {
  const fields: WireField[] = [];
  let offset = 0;
  const varint = (): bigint | undefined => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[offset++];
      if (byte === undefined) return undefined;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return undefined;
  };
  while (offset < bytes.length) {
    const tag = varint();
    if (tag === undefined) return undefined;
    const number = Number(tag >> 3n);
    const type = Number(tag & 7n);
    if (number < 1 || number > 200) return undefined;
    if (type === 0) {
      const value = varint();
      if (value === undefined) return undefined;
      fields.push({ number, type, value });
    } else if (type === 1 || type === 2 || type === 5) {
      const length = type === 1 ? 8 : type === 5 ? 4 : Number(varint() ?? -1n);
      if (length < 0 || offset + length > bytes.length) return undefined;
      fields.push({ number, type, value: bytes.subarray(offset, offset + length) });
      offset += length;
    } else return undefined;
  }
  return fields;
}

export function writeWire(fields: readonly WireField[]): Buffer {
  return Buffer.concat(
    fields.map(({ number, type, value }) => {
      const tag = varintBytes((BigInt(number) << 3n) | BigInt(type));
      if (typeof value === 'bigint') return Buffer.concat([tag, varintBytes(value)]);
      return type === 2 ? Buffer.concat([tag, varintBytes(BigInt(value.length)), value]) : Buffer.concat([tag, value]);
    }),
  );
}

/** -1, the bounds of every integer type, and what doubles lose. */
const integers: readonly bigint[] = [
  0n,
  1n,
  127n,
  65_535n,
  65_536n,
  4_194_304n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];
const doubles: readonly number[] = [
  0,
  -0,
  -1,
  1e-320,
  100.0001,
  1e308,
  Number.NaN,
  Infinity,
  -Infinity,
  2 ** 53,
  4_294_967_296.5,
];
const texts: readonly Buffer[] = [
  Buffer.alloc(0),
  Buffer.from('\0'),
  Buffer.from('-1'),
  Buffer.from('NaN'),
  Buffer.from('../../etc/passwd'),
  Buffer.from('\u001b[2J\r\n'),
  Buffer.from('__proto__'),
  Buffer.from('(a+)+$'),
  Buffer.from('('.repeat(500)),
  Buffer.from('x'.repeat(100_000)),
  Buffer.from([0xff, 0xfe, 0xed, 0xa0, 0x80]),
];

/** The message with each field, at any depth, at each of these values in turn; and each field twice, and left out. */
export function* extremes(message: Buffer, depth = 0): Generator<Buffer> {
  const fields = parseWire(message) ?? [];
  for (const [index, field] of fields.entries()) {
    const replaced = (...others: readonly WireField[]): Buffer =>
      writeWire([...fields.slice(0, index), ...others, ...fields.slice(index + 1)]);
    yield replaced();
    yield replaced(field, field);
    for (const value of extremesOf(field)) yield replaced({ ...field, value });
    // The number of one field with the type of another.
    yield replaced({
      number: field.number,
      type: field.type === 0 ? 2 : 0,
      value: field.type === 0 ? Buffer.from('x') : 7n,
    });
    if (field.type === 2 && depth < 6) {
      for (const inner of extremes(field.value as Buffer, depth + 1)) yield replaced({ ...field, value: inner });
    }
  }
}

function extremesOf(field: WireField): readonly (bigint | Buffer)[] {
  if (field.type === 0) return integers;
  if (field.type === 2) return texts;
  return doubles.map((value) => {
    const bytes = Buffer.alloc(field.type === 1 ? 8 : 4);
    if (field.type === 1) bytes.writeDoubleLE(value);
    else bytes.writeFloatLE(value);
    return bytes;
  });
}

/** One random change: of a byte, of the length, of a field at any depth, or all of it. */
export function mutated(message: Buffer, random: () => number): Buffer {
  const below = (bound: number): number => Math.floor(random() * bound);
  const noise = (length: number): Buffer => Buffer.from(Array.from({ length }, () => below(256)));
  const fields = parseWire(message);
  switch (below(7)) {
    case 0:
      return noise(below(300));
    case 1:
      return message.subarray(0, below(message.length));
    case 2: {
      const bytes = Buffer.from(message);
      if (bytes.length > 0) bytes[below(bytes.length)] = below(256);
      return bytes;
    }
    case 3:
      return Buffer.concat([message, noise(below(64))]);
    default: {
      if (!fields || fields.length === 0) return noise(below(64));
      const index = below(fields.length);
      const field = fields[index] as WireField;
      const values = extremesOf(field);
      const isNested = field.type === 2 && random() < 0.6;
      const value = isNested
        ? mutated(field.value as Buffer, random)
        : (values[below(values.length)] as bigint | Buffer);
      const number = random() < 0.1 ? 1 + below(24) : field.number;
      const changed = { ...field, number, value };
      return writeWire([
        ...fields.slice(0, index),
        changed,
        ...(random() < 0.2 ? [field] : []),
        ...fields.slice(index + 1),
      ]);
    }
  }
}

function varintBytes(value: bigint): Buffer {
  const bytes: number[] = [];
  let left = value;
  do {
    bytes.push(Number(left & 0x7fn) | (left > 0x7fn ? 0x80 : 0));
    left >>= 7n;
  } while (left > 0n);
  return Buffer.from(bytes);
}
