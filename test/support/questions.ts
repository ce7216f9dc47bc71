import type { Job } from '../../src/local/github/job.ts';
import type { Asked } from './both-faces.ts';
import { graphqlRequest } from './instances.ts';
import { idOf, KOA, POL, STRANGER, type Ask, type Service } from './service.ts';
import { MEMBER } from './world.ts';

/** Names of things: those of a department, or those of nobody. */
export interface Names {
  readonly department: string;
  readonly login: string;
  readonly repository: string;
  readonly grant: string;
  readonly operation: string;
}

/** What a caller must not know of must answer as these do. */
export const NOBODYS: Names = {
  department: 'nobody',
  login: 'JPPOL-NOBODY',
  repository: 'nobody/app',
  grant: 'grant-01k00000000000000000000000',
  operation: 'op-01k00000000000000000000000',
};

/** How an operation is asked about something. */
export interface Question {
  readonly asked: (names: Names) => Asked;
  /** How GraphQL asks the same; for a mutation that follows from `asked`. `none`: GraphQL has no twin of it. */
  readonly graphql?: ((names: Names) => Ask) | 'none';
}

function inDepartment(field: string): Question {
  return {
    asked: ({ department }) => ({ department }),
    graphql: ({ department }) =>
      graphqlRequest(`query($d: ID!) { department(id: $d) { id ${field} } }`, { d: department }),
  };
}

function ofRepository(field: string): Question {
  return {
    asked: ({ repository }) => ({ name: repository }),
    graphql: ({ repository }) =>
      graphqlRequest(`query($n: String!) { repository(name: $n) { ${field} } }`, { n: repository }),
  };
}

/** How each operation is asked about something that is a department's. An operation without a row fails the test. */
export const ABOUT_A_DEPARTMENT: Readonly<Record<string, Question>> = {
  getDepartment: inDepartment('displayName'),
  listOrganisations: inDepartment('organisations { nodes { login } }'),
  listPushRoles: inDepartment('pushRoles { nodes { name } }'),
  getAccountAccess: inDepartment('accountAccess { revision }'),
  listRepositories: inDepartment('repositories { nodes { name } }'),
  listGrants: inDepartment('grants { nodes { id } }'),
  listDepartmentAuditEvents: inDepartment('auditEvents { nodes { id } }'),
  exportDepartmentAuditEvents: { asked: ({ department }) => ({ department }), graphql: 'none' },
  getOrganisation: {
    asked: ({ department, login }) => ({ department, login }),
    graphql: ({ department, login }) =>
      graphqlRequest('query($d: String!, $l: String!) { organisation(department: $d, login: $l) { login } }', {
        d: department,
        l: login,
      }),
  },
  getRepository: ofRepository('name'),
  listRepositoryPushers: ofRepository('pushers { nodes { __typename } }'),
  listRepositoryPullers: ofRepository('pullers { nodes { __typename } }'),
  getGrant: {
    asked: ({ department, grant }) => ({ department, id: grant }),
    graphql: ({ department, grant }) =>
      graphqlRequest('query($d: String!, $g: ID!) { grant(department: $d, id: $g) { id } }', {
        d: department,
        g: grant,
      }),
  },
  getGrantWorkflow: {
    asked: ({ department, grant }) => ({ department, id: grant }),
    graphql: ({ department, grant }) =>
      graphqlRequest('query($d: String!, $g: ID!) { grant(department: $d, id: $g) { workflow { yaml } } }', {
        d: department,
        g: grant,
      }),
  },
  getOperation: {
    asked: ({ operation }) => ({ id: operation }),
    graphql: ({ operation }) => graphqlRequest('query($o: ID!) { operation(id: $o) { id } }', { o: operation }),
  },
  updateDepartment: { asked: ({ department }) => ({ department, displayName: 'Mine', ifMatch: '"1"' }) },
  deleteDepartment: { asked: ({ department }) => ({ department }) },
  putOrganisation: { asked: ({ department, login }) => ({ department, login, ownerId: idOf('JPPOL-POL') }) },
  deleteOrganisation: { asked: ({ department, login }) => ({ department, login }) },
  putAccountAccess: { asked: ({ department }) => ({ department, accounts: [], ifMatch: '"1"' }) },
  createRepository: { asked: ({ department, repository }) => ({ department, name: repository }) },
  updateRepository: { asked: ({ repository }) => ({ name: repository, scanOnPush: false, ifMatch: '"7"' }) },
  deleteRepository: { asked: ({ repository }) => ({ name: repository, force: true }) },
  createGrant: {
    asked: ({ department, repository }) => ({
      department,
      organisation: 'JPPOL-KOA',
      repository: 'GiftCardService',
      repositories: [repository],
    }),
  },
  updateGrant: { asked: ({ department, grant }) => ({ department, id: grant, pullRequests: true }) },
  revokeGrant: { asked: ({ department, grant }) => ({ department, id: grant, revokeSessions: true }) },
  replayOperation: { asked: ({ operation }) => ({ id: operation }) },
};

/** Those that are about no department: who asks gets what is its own, or is told that only the platform may ask. */
export const ABOUT_NONE: readonly string[] = [
  'whoami',
  'listDepartments',
  'createDepartment',
  'listAuditEvents',
  'exportAuditEvents',
];

/** The callers that are strangers to POL, and may not learn what it has. */
export const STRANGERS_TO_POL: readonly (readonly [string, Job])[] = [
  ["another department's manager", KOA],
  ["another department's member", MEMBER],
  ["another department's pull request", { ...KOA, pullRequest: 3 }],
  ['a stranger', STRANGER],
  ['a stranger whose names are those of the manager', { ...POL, ownerId: '1', repositoryId: '2' }],
  [
    "a stranger with the manager's repository id",
    { repository: 'somebody-else/app', repositoryId: idOf(POL.repository) },
  ],
];

/** POL with a repository and a grant, and their names. */
export async function polsNames(service: Service): Promise<Names> {
  const created = await service.ask(POL, {
    method: 'POST',
    path: '/v1/departments/pol/repositories',
    body: { name: 'pol/app' },
  });
  const granted = await service.ask(POL, {
    method: 'POST',
    path: '/v1/departments/pol/grants',
    body: { organisation: 'JPPOL-POL', repository: 'Website', repositories: ['pol/app'] },
  });
  if (created.status !== 201 || granted.status !== 201) throw new Error(created.text + granted.text);
  return {
    department: 'pol',
    login: 'JPPOL-POL',
    repository: 'pol/app',
    grant: granted.body.grant.id,
    operation: granted.body.operation.id,
  };
}
