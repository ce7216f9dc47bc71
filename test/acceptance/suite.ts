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

/** The suite, in its order. */
function checks(): readonly Check[] {
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

/** Counted from what was answered, and not from what the suite means to ask. */
function answeredCheck(row: string, { answered, form }: World): Played {
  const title = `${row} was answered well at least once`;
  const reason = form.notApplicable(title);
  if (reason !== undefined) return { row, title, outcome: { kind: 'n/a', reason } };
  const outcome: Outcome = answered.has(row) ? { kind: 'ok' } : { kind: 'failed', error: 'no check did so' };
  return { row, title, outcome };
}

const ON_DEMAND = 'imports on demand';

/** Counted from what was loaded: a package that looks otherwise in a bundle shows only where it is used. */
async function onDemandChecks(form: Form): Promise<readonly Played[]> {
  const title = 'each import on demand was executed at least once';
  const reason = form.notApplicable(title);
  if (reason !== undefined) return [{ row: ON_DEMAND, title, outcome: { kind: 'n/a', reason } }];
  const { expected, executed } = await form.importsOnDemand();
  return expected.map((one) => ({
    row: ON_DEMAND,
    title: `${nameOf(one)} was executed at least once`,
    outcome: executed.has(nameOf(one)) ? { kind: 'ok' } : { kind: 'failed', error: 'no check did so' },
  }));
}
