/** What every branch's ref starts with. */
export const BRANCHES = 'refs/heads/';
/** What every tag's ref starts with. */
export const TAGS = 'refs/tags/';

/** Whether a ref of a grant is a pattern: one trailing `*`. */
export function isRefPattern(ref: string): boolean {
  return ref.endsWith('*');
}

/** Whether a ref, or all refs of a pattern, lie under a prefix such as {@link BRANCHES}. */
export function isUnder(ref: string, prefix: string): boolean {
  return ref.startsWith(prefix);
}

/** What is wrong with a ref of a grant, and what would do. */
export interface RefFault {
  readonly rule: 'ref-prefix' | 'ref-wildcard' | 'ref-characters' | 'ref-form' | 'ref-length';
  readonly detail: string;
}

const MAX_REF_LENGTH = 255;

/**
 * Why a text can't be a ref of a grant: it must be what git accepts as the full name of a branch or tag, or such a
 * name's beginning with one `*` after it.
 * @see https://git-scm.com/docs/git-check-ref-format
 */
export function refFault(ref: string): RefFault | undefined {
  const prefix = [BRANCHES, TAGS].find((each) => isUnder(ref, each));
  if (prefix === undefined) {
    return { rule: 'ref-prefix', detail: `A ref starts with ${BRANCHES} or ${TAGS}, such as ${BRANCHES}main.` };
  }
  if (ref.length > MAX_REF_LENGTH)
    return { rule: 'ref-length', detail: `A ref has at most ${MAX_REF_LENGTH} characters.` };
  const name = isRefPattern(ref) ? ref.slice(prefix.length, -1) : ref.slice(prefix.length);
  if (name.includes('*') || name.includes('?')) {
    return { rule: 'ref-wildcard', detail: `A pattern has exactly one *, at its end, such as ${prefix}release/*.` };
  }
  const strange = /[^!#%&()+,\-./0-9;<=>@A-Z_a-z{|}]/u.exec(name)?.[0];
  if (strange !== undefined) return { rule: 'ref-characters', detail: characterDetail(strange) };
  return formFault(name, isRefPattern(ref));
}

/** Git allows `$` and letters beyond ASCII; IAM reads the one as a policy variable, and how it compares the other is not documented. */
function characterDetail(character: string): string {
  const only = 'A ref of a grant holds only ASCII letters, digits and punctuation that git allows, and no $';
  const shown = JSON.stringify(character).slice(1, -1);
  const isLetter = /[^\0-\x7f]/.test(character);
  if (!isLetter) return `${only}; this one holds "${shown}".`;
  const why = 'AWS does not document how its policies compare letters beyond ASCII';
  return `${only}; this one holds "${shown}". Git and GitHub allow it, but ${why}. Rename the branch or tag, or use a pattern that ends before it.`;
}

function formFault(name: string, isPrefix: boolean): RefFault | undefined {
  const parts = name.split('/');
  const isBroken =
    name.includes('..') ||
    name.includes('@{') ||
    name === '@' ||
    parts.slice(0, -1).some((part) => part === '' || part.endsWith('.lock')) ||
    parts.some((part) => part.startsWith('.'));
  const last = parts.at(-1) ?? '';
  const isUnfinished = last === '' || last.endsWith('.') || last.endsWith('.lock');
  if (!isBroken && (isPrefix || !isUnfinished)) return undefined;
  return { rule: 'ref-form', detail: 'Git would not accept this name: see git check-ref-format.' };
}
