import { departmentInPath } from '../look-ups.ts';
import type { CoreParts } from '../parts.ts';
import type { Caller } from '../../caller/caller.ts';
import type { Asker } from '../core.ts';
import { notFound } from '../errors.ts';
import { listDepartmentIds, readClaim, readDepartment } from '../../ledger/read.ts';
import type { GitHubId } from '../../model/ids.ts';
import { isSameName } from '../../model/names.ts';
import { isPlatform, relationTo } from '../authorize/relation.ts';
import type { DepartmentState } from '../../model/state.ts';
import { accountAccessView } from '../views/account-access.ts';
import { departmentView } from '../views/department.ts';
import { organisationView } from '../views/organisation.ts';
import { pageOf, pageOfAll, pageRequest } from './cursor.ts';
import type { Query } from './query.ts';

/** The departments that the caller may know of. */
export const listDepartments: Query<'listDepartments'> = {
  name: 'listDepartments',
  about: 'anything',
  answer: async (question) => {
    const request = await pageRequest(question.parts, question.input, 'departments');
    const found = await visibleDepartments(question, request.first + 1, request.after);
    return {
      value: pageOf(
        found,
        request,
        ({ department }) => department.id,
        ({ department }) => departmentView(department),
      ),
    };
  },
};

/** Who looks, and at what. */
export interface Viewer {
  readonly parts: CoreParts;
  readonly asker: Asker;
}

/** Reads the departments that a caller may know of, in the order of their ids: all for the platform, else the owner's. */
export async function visibleDepartments(
  { parts, asker }: Viewer,
  atMost: number,
  after?: string,
): Promise<readonly DepartmentState[]> {
  const { caller } = asker;
  const found: DepartmentState[] = [];
  for await (const ids of visibleIds(parts, caller, atMost, after)) {
    const reads = await Promise.all(ids.map((id) => readDepartment(parts.tables, id)));
    found.push(...reads.flatMap(({ state }) => (state === undefined ? [] : [state])));
    if (found.length >= atMost) break;
  }
  return found.filter((state) => relationTo(state, caller, parts.config).role !== 'stranger').slice(0, atMost);
}

/** Ids by the page: one that is listed may be gone when it is read, and must not make the list seem to end there. */
async function* visibleIds(
  { config, tables }: CoreParts,
  caller: Caller,
  atMost: number,
  after: string | undefined,
): AsyncGenerator<readonly string[]> {
  if (!isPlatform(caller, config)) {
    const claim = await readClaim(tables, { kind: 'owner', name: caller.repositoryOwnerId as GitHubId });
    yield [...(claim?.departments ?? [])].sort().filter((id) => after === undefined || id > after);
    return;
  }
  for (let last = after; ; ) {
    const ids = await listDepartmentIds(tables, atMost, last);
    yield ids;
    if (ids.length < atMost) return;
    last = ids.at(-1);
  }
}

export const getDepartment: Query<'getDepartment'> = {
  name: 'getDepartment',
  about: 'department',
  departmentOf: departmentInPath,
  answer: async ({ state: { department } }) => ({ value: departmentView(department), revision: department.revision }),
};

export const listOrganisations: Query<'listOrganisations'> = {
  name: 'listOrganisations',
  about: 'department',
  departmentOf: departmentInPath,
  answer: async ({ parts, input, state }) => {
    const request = await pageRequest(parts, input, 'organisations');
    return {
      value: pageOfAll(state.organisations, request, ({ login }) => login.toLowerCase(), organisationView),
    };
  },
};

export const getOrganisation: Query<'getOrganisation'> = {
  name: 'getOrganisation',
  about: 'department',
  departmentOf: departmentInPath,
  answer: async ({ input, state }) => {
    const organisation = state.organisations.find(({ login }) => isSameName(login, input.params.login));
    if (organisation === undefined) throw notFound();
    return { value: organisationView(organisation), revision: organisation.revision };
  },
};

export const getAccountAccess: Query<'getAccountAccess'> = {
  name: 'getAccountAccess',
  about: 'department',
  departmentOf: departmentInPath,
  answer: async ({ state: { access } }) => ({ value: accountAccessView(access), revision: access.revision }),
};
