/** One range of an `Accept` header. */
interface MediaRange {
  readonly type: string;
  readonly quality: number;
}

/** Longest `Accept` that is read; beyond it, anything will do. */
const LONGEST = 1_024;

/**
 * The representation to answer with: of those offered, the one that the client likes best, and among equals the one that
 * stands first. `undefined` when none will do.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
 */
export function negotiate(accept: string | undefined, offered: readonly string[]): string | undefined {
  if (accept === undefined || accept.trim() === '' || accept.length > LONGEST) return offered[0];
  const ranges = accept.split(',').map(mediaRange);
  const liked = offered
    .map((type) => ({ type, quality: qualityOf(type, ranges) }))
    .filter(({ quality }) => quality > 0);
  const best = Math.max(...liked.map(({ quality }) => quality));
  return liked.find(({ quality }) => quality === best)?.type;
}

function mediaRange(text: string): MediaRange {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const q = parameters.find((parameter) => parameter.startsWith('q='));
  const quality = q === undefined ? 1 : Number(q.slice(2));
  return { type, quality: Number.isFinite(quality) ? quality : 0 };
}

/** The most specific range decides, so that `Accept: application/json;q=0` beside a wildcard refuses JSON. */
function qualityOf(type: string, ranges: readonly MediaRange[]): number {
  const family = `${type.slice(0, type.indexOf('/'))}/*`;
  for (const pattern of [type, family, '*/*']) {
    const range = ranges.find((candidate) => candidate.type === pattern);
    if (range !== undefined) return range.quality;
  }
  return 0;
}
