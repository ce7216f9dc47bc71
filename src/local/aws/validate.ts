import { inputShapeOf, shapeNamed } from './constraints.ts';
import type { Shape } from './constraints.ts';
import { AwsFault, invalidParameter } from './fault.ts';
import type { ServiceName } from './actions.ts';

/** How scalars arrive: typed (JSON; a blob may be bytes already) or all as text (query). */
export type Encoding = 'json' | 'query';

interface Reader {
  readonly service: ServiceName;
  readonly encoding: Encoding;
}

/**
 * A request's input read by the service's model: members the model does not know are dropped, blobs are bytes, and every
 * constraint of the model (required, length, range, pattern, enum) holds. Throws the service's own {@link AwsFault}.
 */
export function readInput(service: ServiceName, operation: string, raw: unknown, encoding: Encoding): object {
  const shape = inputShapeOf(service, operation);
  if (shape === null || shape === undefined) return {};
  return readStructure({ service, encoding }, shapeNamed(service, shape), raw, '');
}

function read(reader: Reader, shapeName: string, raw: unknown, at: string): unknown {
  const shape = shapeNamed(reader.service, shapeName);
  switch (shape.type) {
    case 'structure':
      return readStructure(reader, shape, raw, at);
    case 'list':
      return readList(reader, shape, raw, at);
    case 'string':
      return readString(reader, shape, raw, at);
    case 'integer':
    case 'long':
      return readInteger(reader, shape, raw, at);
    case 'boolean':
      return readBoolean(reader, raw, at);
    case 'blob':
      return readBlob(reader, shape, raw, at);
    default:
      throw new Error(
        `Shape ${shapeName} of ${reader.service} has the type ${shape.type}, which no request here needs`,
      );
  }
}

function readStructure(reader: Reader, shape: Shape, raw: unknown, at: string): object {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw wrongType(reader, at, 'a structure');
  const read_: Record<string, unknown> = {};
  for (const [member, memberShape] of Object.entries(shape.members ?? {})) {
    const value = Object.hasOwn(raw, member) ? (raw as Record<string, unknown>)[member] : undefined;
    const path = at === '' ? member : `${at}.${member}`;
    if (value === undefined || value === null) {
      if (shape.required?.includes(member)) throw violation(reader, path, null, 'Member must not be null');
      continue;
    }
    read_[member] = read(reader, memberShape, value, path);
  }
  return read_;
}

function readList(reader: Reader, shape: Shape, raw: unknown, at: string): readonly unknown[] {
  const items = reader.encoding === 'query' ? queryList(raw) : raw;
  if (!Array.isArray(items)) throw wrongType(reader, at, 'a list');
  checkRange(reader, shape, items.length, at, 'length');
  return items.map((item, index) => read(reader, shape.member ?? '', item, `${at}.${index + 1}.member`));
}

/** `Tags.member.1…`, `Tags.member.2…` in order; an empty list is sent as an empty value. */
function queryList(raw: unknown): readonly unknown[] | undefined {
  if (raw === '') return [];
  const members = typeof raw === 'object' && raw !== null && 'member' in raw ? raw.member : undefined;
  if (typeof members !== 'object' || members === null) return undefined;
  return Object.entries(members)
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, member]) => member as unknown);
}

function readString(reader: Reader, shape: Shape, raw: unknown, at: string): string {
  if (typeof raw !== 'string') throw wrongType(reader, at, 'a string');
  checkRange(reader, shape, raw.length, at, 'length', raw);
  if (shape.pattern !== undefined && !compiled(shape.pattern).test(raw)) {
    throw violation(reader, at, raw, `Member must satisfy regular expression pattern: ${shape.pattern}`);
  }
  if (shape.enum && !shape.enum.includes(raw)) {
    throw violation(reader, at, raw, `Member must satisfy enum value set: [${shape.enum.join(', ')}]`);
  }
  return raw;
}

function readInteger(reader: Reader, shape: Shape, raw: unknown, at: string): number {
  const number = reader.encoding === 'query' && typeof raw === 'string' && /^-?\d{1,15}$/.test(raw) ? Number(raw) : raw;
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) throw wrongType(reader, at, 'an integer');
  checkRange(reader, shape, number, at, 'value');
  return number;
}

function readBoolean(reader: Reader, raw: unknown, at: string): boolean {
  const value = reader.encoding === 'query' ? { true: true, false: false }[String(raw)] : raw;
  if (typeof value !== 'boolean') throw wrongType(reader, at, 'a boolean');
  return value;
}

function readBlob(reader: Reader, shape: Shape, raw: unknown, at: string): Uint8Array {
  if (raw instanceof Uint8Array) {
    checkRange(reader, shape, raw.length, at, 'length');
    return raw;
  }
  if (typeof raw !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(raw)) throw wrongType(reader, at, 'base64');
  const bytes = Buffer.from(raw, 'base64');
  checkRange(reader, shape, bytes.length, at, 'length');
  return bytes;
}

function checkRange(
  reader: Reader,
  { min, max }: Shape,
  size: number,
  at: string,
  what: 'length' | 'value',
  value: string | number = size,
): void {
  if (min !== undefined && size < min) {
    throw violation(reader, at, value, `Member must have ${what} greater than or equal to ${min}`);
  }
  if (max !== undefined && size > max) {
    throw violation(reader, at, value, `Member must have ${what} less than or equal to ${max}`);
  }
}

const patterns = new Map<string, RegExp>();

/** Patterns that take a time that doubles with each character, and ones that take the same texts. */
const BOUNDED: Readonly<Record<string, string>> = {
  '^[a-z0-9*](?:[._\\-/a-z0-9*]?[a-z0-9*]+)*$': '^[a-z0-9*]+(?:[._\\-/][a-z0-9*]+)*$',
};

/** What needs a pattern to be read by Unicode's rules, which do not take every escape that Java takes. */
const UNICODE = /\\[pu]/;

/** The models write patterns for Java: code points above U+FFFF have another spelling here. */
function compiled(pattern: string): RegExp {
  let regex = patterns.get(pattern);
  if (regex === undefined) {
    const source = (BOUNDED[pattern] ?? pattern).replaceAll('\\u10000-\\u10FFFF', '\\u{10000}-\\u{10FFFF}');
    regex = new RegExp(`^(?:${source})$`, UNICODE.test(source) ? 'u' : '');
    patterns.set(pattern, regex);
  }
  return regex;
}

function violation(reader: Reader, at: string, value: string | number | null, constraint: string): AwsFault {
  if (reader.service === 'ecr') return invalidParameter(at, constraint);
  const path = at.charAt(0).toLowerCase() + at.slice(1);
  const shown = value === null ? 'null' : `'${String(value).slice(0, 200)}'`;
  return new AwsFault(
    'ValidationError',
    400,
    `1 validation error detected: Value ${shown} at '${path}' failed to satisfy constraint: ${constraint}`,
  );
}

function wrongType(reader: Reader, at: string, expected: string): AwsFault {
  return reader.service === 'ecr'
    ? new AwsFault('SerializationException', 400, `${at === '' ? 'The input' : at} is not ${expected}`)
    : new AwsFault('MalformedInput', 400, `${at === '' ? 'The input' : at} is not ${expected}`);
}
