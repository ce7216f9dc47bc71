/**
 * The door through which every policy document of AWS comes in. AWS gives a document back as somebody once wrote it: by
 * hand, by Terraform's `jsonencode`, by a console. The grammar allows one value where a list may stand, numbers and booleans
 * in conditions, and no version; behind this door there is one form, {@link PolicyDocument}.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
import type { ConditionBlock, OneOrMany, PolicyDocument, PrincipalElement, Statement } from './document.ts';

/** A document that can't be understood; the message is a sentence that says where and why. */
export class UnreadableDocument extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnreadableDocument';
  }
}

/**
 * Reads a policy document as ECR (JSON) or IAM (JSON, URL-encoded by RFC 3986) gives it.
 * @throws UnreadableDocument for what the policy grammar does not know: guessing could give or hide access
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html
 */
export function readPolicyDocument(text: string): PolicyDocument {
  const raw = fieldsOf(readJson(text), 'The document');
  checkNames(raw, 'The document', ['Version', 'Id', 'Statement']);
  const { Version = '2008-10-17', Id, Statement: statements } = raw;
  if (Version !== '2012-10-17' && Version !== '2008-10-17') {
    throw new UnreadableDocument(`The version ${shown(Version)} is neither 2012-10-17 nor 2008-10-17.`);
  }
  if (Id !== undefined && typeof Id !== 'string') throw new UnreadableDocument('Its Id is not text.');
  if (statements === undefined) throw new UnreadableDocument('The document has no Statement.');
  const list: readonly unknown[] = Array.isArray(statements) ? statements : [statements];
  return {
    Version,
    ...(Id === undefined ? {} : { Id }),
    Statement: list.map((statement, index) => readStatement(statement, `Statement ${index + 1}`)),
  };
}

/**
 * Reads JSON as AWS gives it, URL-encoded or not.
 * @throws UnreadableDocument
 */
export function readJson(text: string): unknown {
  try {
    // URL-encoded, a document begins with %7B.
    return JSON.parse(/^\s*[[{]/.test(text) ? text : decodeURIComponent(text)) as unknown;
  } catch {
    throw new UnreadableDocument('It is not JSON.');
  }
}

type Fields = Readonly<Record<string, unknown>>;

const ELEMENTS = [
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
] as const satisfies readonly (keyof Statement)[];

function readStatement(raw: unknown, at: string): Statement {
  const fields = fieldsOf(raw, at);
  checkNames(fields, at, ELEMENTS);
  const { Sid, Effect } = fields;
  if (Effect !== 'Allow' && Effect !== 'Deny') {
    throw new UnreadableDocument(`${at} has the Effect ${shown(Effect)}, which is neither Allow nor Deny.`);
  }
  if (Sid !== undefined && typeof Sid !== 'string') throw new UnreadableDocument(`${at} has a Sid that is not text.`);
  const named = Sid === undefined ? at : `${at} ("${Sid}")`;
  return {
    ...(Sid === undefined ? {} : { Sid }),
    Effect,
    ...element('Principal', readPrincipal(fields['Principal'], `${named}: Principal`)),
    ...element('NotPrincipal', readPrincipal(fields['NotPrincipal'], `${named}: NotPrincipal`)),
    ...element('Action', readTexts(fields['Action'], `${named}: Action`)),
    ...element('NotAction', readTexts(fields['NotAction'], `${named}: NotAction`)),
    ...element('Resource', readTexts(fields['Resource'], `${named}: Resource`)),
    ...element('NotResource', readTexts(fields['NotResource'], `${named}: NotResource`)),
    ...element('Condition', readCondition(fields['Condition'], `${named}: Condition`)),
  };
}

function element<Name extends string, Value>(name: Name, value: Value | undefined): { readonly [N in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [N in Name]?: Value };
}

function readPrincipal(raw: unknown, at: string): PrincipalElement | undefined {
  if (raw === undefined || raw === '*') return raw;
  const fields = fieldsOf(raw, at);
  checkNames(fields, at, ['AWS', 'Federated', 'Service', 'CanonicalUser']);
  return {
    ...element('AWS', readTexts(fields['AWS'], `${at}.AWS`)),
    ...element('Federated', readTexts(fields['Federated'], `${at}.Federated`)),
    ...element('Service', readTexts(fields['Service'], `${at}.Service`)),
    ...element('CanonicalUser', readTexts(fields['CanonicalUser'], `${at}.CanonicalUser`)),
  };
}

function readTexts(raw: unknown, at: string): OneOrMany<string> | undefined {
  if (raw === undefined || typeof raw === 'string') return raw;
  if (Array.isArray(raw) && raw.every((value) => typeof value === 'string')) return raw;
  throw new UnreadableDocument(`${at} is neither text nor a list of texts.`);
}

function readCondition(raw: unknown, at: string): ConditionBlock | undefined {
  if (raw === undefined) return undefined;
  return mapValues(fieldsOf(raw, at), (keys, operator) =>
    mapValues(fieldsOf(keys, `${at}.${operator}`), (values, key) => readScalars(values, `${at}.${operator}.${key}`)),
  );
}

/** AWS compares booleans and numbers of a condition by their text. */
function readScalars(raw: unknown, at: string): OneOrMany<string> {
  return Array.isArray(raw) ? raw.map((value) => readScalar(value, at)) : readScalar(raw, at);
}

function readScalar(raw: unknown, at: string): string {
  if (typeof raw === 'string') return raw;
  // A number that JavaScript rounds would be another number than AWS compares with.
  if (typeof raw === 'boolean' || (typeof raw === 'number' && isExact(raw))) return String(raw);
  throw new UnreadableDocument(`${at} has the value ${shown(raw)}, which is neither text, number nor boolean.`);
}

function isExact(value: number): boolean {
  return Number.isSafeInteger(value) || (!Number.isInteger(value) && Math.abs(value) < 1e15);
}

function fieldsOf(raw: unknown, at: string): Fields {
  if (typeof raw === 'object' && raw !== null && !Array.isArray(raw)) return raw as Fields;
  throw new UnreadableDocument(`${at} is not an object.`);
}

function checkNames(fields: Fields, at: string, known: readonly string[]): void {
  const unknown = Object.keys(fields).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new UnreadableDocument(`${at} has ${shown(unknown)}, which is none of ${known.join(', ')}.`);
  }
}

function mapValues<T>(fields: Fields, read: (value: unknown, name: string) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, read(value, name)]));
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'undefined').slice(0, 80);
}
