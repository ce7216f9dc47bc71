/** Whether GitHub starts a workflow at an event. */
import type { RunEvent } from './run-event.ts';
import { refNameOf, refTypeOf } from './run-event.ts';
import type { WorkflowFile } from './workflow-file.ts';

/**
 * Whether an event starts a workflow, by its `on:`.
 * @throws Error for a filter of a form that generated workflows do not have
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#onpushbranchestagsbranches-ignoretags-ignore
 */
export function isStarted({ on }: Pick<WorkflowFile, 'on'>, event: RunEvent): boolean {
  if (!Object.hasOwn(on, event.name)) return false;
  const filters = on[event.name];
  if (filters === null) return true;
  if (event.name !== 'push' || typeof filters !== 'object' || filters === undefined)
    throw new Error(`Filters of ${event.name} are not played.`);
  const byType = Object.fromEntries(Object.entries(filters));
  const unknown = Object.keys(byType).filter((key) => key !== 'branches' && key !== 'tags');
  if (unknown.length > 0) throw new Error(`Not played: ${unknown.join(', ')} of push.`);
  // A push trigger that has filters of one kind only is not started by the other kind.
  const patterns: unknown = byType[refTypeOf(event) === 'tag' ? 'tags' : 'branches'] ?? [];
  if (!Array.isArray(patterns)) throw new Error('Filters are no list.');
  return patterns.some((pattern: unknown) => expressionOf(String(pattern)).test(refNameOf(event)));
}

/** Literal text with `\` before what would have a meaning, and `**` at the end, which stands for any characters. */
function expressionOf(pattern: string): RegExp {
  const anything = pattern.endsWith('**');
  const literal = anything ? pattern.slice(0, -2) : pattern;
  if (!/^(?:\\.|[^*?+[\]\\!])*$/s.test(literal)) throw new Error(`The filter ${pattern} is not played.`);
  const escaped = literal.replaceAll(/\\(.)/gs, '$1').replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped}${anything ? '.*' : ''}$`, 's');
}
