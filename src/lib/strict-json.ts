/** Deepest nesting that is read: far more than anything honest has, far less than what recursion can bear. */
export const MAX_JSON_DEPTH = 64;

/** What in a JSON text could mean different things to different readers; none of it is told by `JSON.parse`. */
export type JsonFault = 'repeated-name' | 'too-deep';

/** The tokens that structure a JSON text: strings, brackets, and the colon behind a member's name. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:]/gs;

/**
 * What is wrong with a text beyond its being JSON, which it must be: a member's name that occurs twice in one object, whichever way it is
 * escaped, because which of the two counts is every parser's own choice; or nesting deeper than {@link MAX_JSON_DEPTH}.
 * @see https://www.rfc-editor.org/rfc/rfc8259#section-4
 */
export function jsonFault(text: string): JsonFault | undefined {
  const open: Set<string>[] = [];
  let name = '';
  for (const [token] of text.matchAll(TOKENS)) {
    switch (token) {
      case '{':
      case '[':
        if (open.push(new Set()) > MAX_JSON_DEPTH) return 'too-deep';
        break;
      case '}':
      case ']':
        open.pop();
        break;
      case ':': {
        const names = open.at(-1);
        if (names?.has(name) === true) return 'repeated-name';
        names?.add(name);
        break;
      }
      default:
        name = String(JSON.parse(token));
    }
  }
  return undefined;
}

/** What a fault means to whoever sent the text. */
export const JSON_FAULTS: Readonly<Record<JsonFault, string>> = {
  'repeated-name': 'has an object in which one name occurs twice; say each once',
  'too-deep': `is nested more than ${MAX_JSON_DEPTH} deep`,
};

/** The text of bytes that are UTF-8 and nothing else; `undefined` for others. A byte order mark is left out where `bom` says so. */
export function strictUtf8(bytes: Uint8Array, bom: 'keep' | 'strip'): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: bom === 'keep' }).decode(bytes);
  } catch {
    return undefined;
  }
}
