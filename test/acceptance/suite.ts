import { CONTRACT, SCHEMA } from '../support/both-faces.ts';
import type { Check } from './check.ts';
import { changeChecks } from './checks/changes.ts';
import { exportChecks } from './checks/exports.ts';
import { graphqlChecks } from './checks/graphql.ts';
import { httpChecks } from './checks/http.ts';
import { restChecks } from './checks/rest.ts';
import { storyChecks } from './checks/story.ts';
import type { Form } from './form.ts';
import { nameOf } from './imports-on-demand.ts';
import { newWorld, type World } from './world.ts';

/** What came of a check in a form. */
export type Outcome =
  | { readonly kind: 'ok' }
  | { readonly kind: 'n/a'; readonly reason: string }
  | { readonly kind: 'failed'; readonly error: string };

/** A check with what came of it. */
export interface Played {
  readonly row: string;
  readonly title: string;
  readonly outcome: Outcome;
}

/** Every operation of the contract and every root field of the schema: each must have been answered in each form. */
export function requiredRows(): readonly string[] {
  const fields = (type: 'query' | 'mutation'): readonly string[] => {
    const root = type === 'query' ? SCHEMA.getQueryType() : SCHEMA.getMutationType();
    return Object.keys(root?.getFields() ?? {}).map((field) => `${type} ${field}`);
  };
  return [...CONTRACT.operations.keys(), ...fields('query'), ...fields('mutation')];
}

/**
 * What no check can bring about from outside: a conflict of two at once, a caller who has asked too much, and an outage. Conflicts that
 * can be brought about have checks of their own.
 */
const STATUSES_OF_CIRCUMSTANCE: ReadonlySet<number> = new Set([409, 429, 503]);

/** Each operation with each status that openapi.yaml declares for it, such as `createGrant 201`. */
export function requiredStatuses(): readonly (readonly [row: string, status: number])[] {
  return [...CONTRACT.operations.values()].flatMap(({ id, statuses }) =>
    statuses.filter((status) => !STATUSES_OF_CIRCUMSTANCE.has(status)).map((status) => [id, status] as const),
  );
}

/** The suite, in its order. */
export function checks(): readonly Check[] {
  return [...storyChecks(), ...restChecks(), ...graphqlChecks(), ...httpChecks(), ...changeChecks(), ...exportChecks()];
}

/** Plays the whole suite against a form; what fails does not stop it. */
export async function playSuite(form: Form, tell: (played: Played) => void): Promise<readonly Played[]> {
  const world = newWorld(form);
  const all: Played[] = [];
  const add = (played: Played): void => {
    all.push(played);
    tell(played);
  };
  for (const check of checks()) add(await playCheck(check, world));
  for (const row of requiredRows()) add(answeredCheck(row, world));
  for (const [row, status] of requiredStatuses()) add(statusCheck(row, status, world));
  for (const played of await onDemandChecks(form)) add(played);
  return all;
}

async function playCheck({ row, title, play }: Check, world: World): Promise<Played> {
  const reason = world.form.notApplicable(title);
  if (reason !== undefined) return { row, title, outcome: { kind: 'n/a', reason } };
  try {
    await play(world);
    return { row, title, outcome: { kind: 'ok' } };
  } catch (error) {
    return { row, title, outcome: { kind: 'failed', error: String(error) } };
  }
}

/** What the outcomes below are counted from, and not from what the suite means to ask. */
type Seen = Pick<World, 'answered' | 'statuses'> & { readonly form: Pick<Form, 'notApplicable'> };

/** Whether an operation or a root field was answered well. */
export function answeredCheck(row: string, { answered, form }: Seen): Played {
  return counted({ row, title: `${row} was answered well at least once` }, answered.has(row), form);
}

/** Whether an operation was answered so. */
export function statusCheck(row: string, status: number, { statuses, form }: Seen): Played {
  return counted({ row, title: `${row} was answered ${status} at least once` }, statuses.has(`${row} ${status}`), form);
}

const ON_DEMAND = 'imports on demand';

/** Counted from what was loaded: a package that looks otherwise in a bundle shows only where it is used. */
export async function onDemandChecks(
  form: Pick<Form, 'notApplicable' | 'importsOnDemand'>,
): Promise<readonly Played[]> {
  const { expected, executed } = await form.importsOnDemand();
  return expected.map((one) =>
    counted({ row: ON_DEMAND, title: `${nameOf(one)} was executed at least once` }, executed.has(nameOf(one)), form),
  );
}

function counted(
  { row, title }: Pick<Played, 'row' | 'title'>,
  wasDone: boolean,
  form: Pick<Form, 'notApplicable'>,
): Played {
  const reason = form.notApplicable(title);
  if (reason !== undefined) return { row, title, outcome: { kind: 'n/a', reason } };
  return { row, title, outcome: wasDone ? { kind: 'ok' } : { kind: 'failed', error: 'not so in any check' } };
}
