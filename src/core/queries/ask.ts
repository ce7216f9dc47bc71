import { authorize, type Decision } from '../authorize/authorize.ts';
import { isPlatform } from '../authorize/relation.ts';
import type { QueryName } from '../authorize/rules.ts';
import type { CoreParts } from '../parts.ts';
import { refuse } from '../refuse.ts';
import { mayBeKnown } from '../visibility.ts';
import type { Asker, QueryResult } from '../core.ts';
import type { CallOf } from '../input.ts';
import type { Query } from './query.ts';
import { notFound } from '../errors.ts';
import { readDepartment } from '../../ledger/read.ts';
import type { DepartmentState } from '../../model/state.ts';
import { QUERIES } from './registry.ts';

/**
 * Answers a query, if the caller may ask it. Both APIs call this and nothing else.
 * @throws ServiceError
 */
export async function ask<Name extends QueryName>(
  parts: CoreParts,
  { name, input }: CallOf<Name>,
  asker: Asker,
): Promise<QueryResult> {
  const query: Query<Name> = QUERIES[name];
  if (query.about === 'anything') {
    const decision = decide(parts, name, asker, undefined);
    if (decision.kind !== 'allowed') throw await refuse(parts, asker, decision, { name, department: undefined, input });
    return query.answer({ parts, asker, input });
  }
  const finding = query.departmentOf(input, parts);
  const isKnown = await mayBeKnown(parts, asker.caller, finding);
  const department = await finding;
  const { state } =
    !isKnown || department === undefined ? { state: undefined } : await readDepartment(parts.tables, department);
  const decision = decide(parts, name, asker, state);
  if (decision.kind === 'allowed') {
    const life = isPlatform(asker.caller, parts.config) ? undefined : state?.head.life;
    if (query.about === 'record') return query.answer({ parts, asker, input, life });
    if (state === undefined) throw notFound();
    return query.answer({ parts, asker, input, state, life });
  }
  throw await refuse(parts, asker, decision, { name, department, input });
}

function decide(
  { config }: CoreParts,
  command: QueryName,
  { caller }: Asker,
  state: DepartmentState | undefined,
): Decision {
  return authorize({
    command,
    caller,
    platformCallers: config.platformCallers,
    mutationEvents: config.mutationEvents,
    dryRun: false,
    department: state?.department,
    organisations: state?.organisations,
  });
}
