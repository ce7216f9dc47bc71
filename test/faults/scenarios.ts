import { CreateRepositoryCommand, DeleteRepositoryPolicyCommand } from '@aws-sdk/client-ecr';
import type { MutationName } from '../../src/core/authorize/rules.ts';
import type { HookAnswer } from '../../src/local/aws/hooks.ts';
import { readDepartment } from '../../src/ledger/read.ts';
import { idOfName } from '../../src/local/github/job.ts';
import type { FaultWorld } from './world.ts';

/** A department that one run of a scenario has to itself. */
export interface Place {
  readonly department: string;
  readonly organisation: string;
  /** A second organisation, which a scenario may register. */
  readonly other: string;
  /** Ids of the grants that were made, in order. */
  readonly grants: string[];
  /** Ids of the operations that went before, in order. */
  readonly operations: string[];
}

/** One mutation that a scenario asks for. */
export interface Asked {
  readonly command: MutationName;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly ifMatch?: string;
}

/** A mutation, for the place where it is asked for. */
export type Step = (place: Place) => Asked;

/** Mutations that are accepted one after the other, and carried out together, after what went before. */
export interface Scenario {
  readonly name: string;
  readonly before?: readonly Step[];
  readonly arrange?: (world: FaultWorld, place: Place) => Promise<void>;
  readonly mutations: readonly Step[];
  /** Mutations that are asked for while the executor is at work: after so many writes to AWS. */
  readonly during?: readonly { readonly afterWrites: number; readonly step: Step }[];
  /** The codes with which operations end without any fault; `undefined` for those that succeed. */
  readonly ends?: readonly (string | undefined)[];
  /** How many operations leave a dead letter without any fault. */
  readonly leaves?: number;
  /** Access that AWS itself refuses to take away, so that it is open until the dead letter is answered. */
  readonly staysOpen?: RegExp;
}

const department = (place: Place) => ({ department: place.department });

/** A step of this name; see the command. */
export const createDepartment: Step = (place) => ({
  command: 'createDepartment',
  body: { id: place.department, displayName: 'Department', managers: [], selfService: false },
});
/** A step of this name; see the command. */
export const putOrganisation =
  (which: 'organisation' | 'other' = 'organisation'): Step =>
  (place) => ({
    command: 'putOrganisation',
    params: { ...department(place), login: place[which] },
    body: { ownerId: idOfName(place[which]), shared: false, acknowledge: ['widens-grants'] },
  });
/** A step of this name; see the command. */
export const deleteOrganisation =
  (which: 'organisation' | 'other'): Step =>
  (place) => ({ command: 'deleteOrganisation', params: { ...department(place), login: place[which] } });
/** A step of this name; see the command. */
export const putAccess =
  (...accounts: readonly string[]): Step =>
  (place) => ({
    command: 'putAccountAccess',
    params: department(place),
    ifMatch: '*',
    body: {
      accounts: accounts.map((text) => {
        const [accountId = '', may] = text.split('+');
        return { description: 'account', accountId, canWrite: may === 'push' };
      }),
      organisationPull: false,
    },
  });
/** A step of this name; see the command. */
export const createRepository =
  (name: string, more: Readonly<Record<string, unknown>> = {}): Step =>
  (place) => ({
    command: 'createRepository',
    params: department(place),
    body: { name: `${place.department}/${name}`, ...more },
  });
/** A step of this name; see the command. */
export const updateRepository =
  (name: string, body: Readonly<Record<string, unknown>>): Step =>
  (place) => ({ command: 'updateRepository', params: { name: `${place.department}/${name}` }, body });
/** A step of this name; see the command. */
export const deleteRepository =
  (name: string): Step =>
  (place) => ({ command: 'deleteRepository', params: { name: `${place.department}/${name}` } });
/** A step of this name; see the command. */
export const createGrant =
  (repository: string, more: Readonly<Record<string, unknown>> = {}): Step =>
  (place) => ({
    command: 'createGrant',
    params: department(place),
    body: {
      organisation: place.organisation,
      repository,
      ...(repository.includes('*') ? {} : { repositoryId: idOfName(`${place.organisation}/${repository}`) }),
      acknowledge: ['organisation-wide', 'unpinned-repository', 'pull-requests'],
      ...more,
    },
  });
/** A step of this name; see the command. */
export const named =
  (repository: string, more: Readonly<Record<string, unknown>>, ...repositories: readonly string[]): Step =>
  (place) =>
    createGrant(repository, { ...more, repositories: repositories.map((name) => `${place.department}/${name}`) })(
      place,
    );
/** A step of this name; see the command. */
export const updateGrant =
  (index: number, body: (place: Place) => Readonly<Record<string, unknown>>): Step =>
  (place) => ({
    command: 'updateGrant',
    params: { ...department(place), id: place.grants[index] ?? 'grant-none' },
    body: { acknowledge: ['organisation-wide', 'pull-requests'], ...body(place) },
  });
/** A step of this name; see the command. */
export const revokeGrant =
  (index: number, revokeSessions = false): Step =>
  (place) => ({
    command: 'revokeGrant',
    params: { ...department(place), id: place.grants[index] ?? 'grant-none' },
    query: revokeSessions ? { revokeSessions } : {},
  });

/** A department at work: an organisation, an account that pulls, two repositories. */
const AT_WORK: readonly Step[] = [
  createDepartment,
  putOrganisation(),
  putAccess('931827427725'),
  createRepository('one'),
  createRepository('two'),
];
const MANY = ['three', 'four', 'five'].map((name) => createRepository(name));
const QUOTA: HookAnswer = {
  kind: 'fault',
  code: 'LimitExceededException',
  status: 400,
  message: 'A quota is reached.',
};

const CONFLICT: HookAnswer = {
  kind: 'fault',
  code: 'DeleteConflict',
  status: 409,
  message: 'Cannot delete entity, must detach all policies first.',
};
const DENIED: HookAnswer = { kind: 'fault', code: 'AccessDenied', status: 403, message: 'An explicit deny.' };

/** AWS answers one kind of call on the department's things so. */
const refuses =
  (call: string, answer: HookAnswer): NonNullable<Scenario['arrange']> =>
  async ({ refusals }, { department: id }) =>
    void refusals.set(`${call} ${id}`, answer);

/** A step of this name; see the command. */
export const LIFECYCLE = {
  rules: [
    {
      rulePriority: 1,
      description: 'few',
      selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 10 },
      action: { type: 'expire' },
    },
  ],
};

/** Every mutation, and what they do to one another. */
export const SCENARIOS: readonly Scenario[] = [
  { name: 'createDepartment', mutations: [createDepartment] },
  {
    name: 'updateDepartment',
    before: [createDepartment],
    mutations: [(place) => ({ command: 'updateDepartment', params: department(place), body: { selfService: true } })],
  },
  {
    name: 'deleteDepartment',
    before: [createDepartment, putOrganisation(), putAccess('931827427725')],
    mutations: [(place) => ({ command: 'deleteDepartment', params: department(place) })],
  },
  { name: 'putOrganisation', before: [createDepartment], mutations: [putOrganisation()] },
  {
    name: 'putOrganisation widening a pattern',
    before: [...AT_WORK, (place) => createGrant('app*', { organisation: `${place.organisation.slice(0, 3)}*` })(place)],
    mutations: [putOrganisation('other')],
  },
  {
    name: 'deleteOrganisation',
    before: [
      ...AT_WORK,
      putOrganisation('other'),
      (place) => createGrant('app*', { organisation: `${place.organisation.slice(0, 3)}*` })(place),
    ],
    mutations: [deleteOrganisation('other')],
  },
  {
    name: 'putAccountAccess',
    before: [...AT_WORK, ...MANY],
    mutations: [putAccess('931827427726', '931827427727+push')],
  },
  {
    name: 'putAccountAccess set again before it was begun',
    before: AT_WORK,
    mutations: [putAccess('931827427726'), createRepository('new'), putAccess('931827427727+push')],
    ends: ['superseded', undefined, undefined],
  },
  {
    name: 'putAccountAccess set again half-way',
    before: [...AT_WORK, ...MANY],
    mutations: [putAccess('931827427726')],
    during: [{ afterWrites: 1, step: putAccess('931827427727+push') }],
    ends: ['superseded', undefined],
  },
  {
    name: 'putAccountAccess set again half-way, with a change of a repository behind it',
    before: [...AT_WORK, ...MANY],
    mutations: [putAccess('931827427726'), updateRepository('one', { scanOnPush: false })],
    during: [{ afterWrites: 1, step: putAccess('931827427727+push') }],
    ends: ['superseded', undefined, undefined],
  },
  {
    name: 'putAccountAccess set again half-way to what AWS refuses',
    before: [...AT_WORK, ...MANY],
    mutations: [putAccess('931827427726')],
    during: [{ afterWrites: 1, step: putAccess('111122223333') }],
    ends: ['superseded', 'refused-by-aws'],
  },
  {
    name: 'createRepository',
    before: AT_WORK.slice(0, 3),
    mutations: [createRepository('new', { lifecyclePolicy: LIFECYCLE })],
  },
  {
    name: 'updateRepository',
    before: AT_WORK,
    mutations: [
      updateRepository('one', { imageTagMutability: 'MUTABLE', scanOnPush: false, lifecyclePolicy: LIFECYCLE }),
    ],
  },
  { name: 'deleteRepository', before: AT_WORK, mutations: [deleteRepository('one')] },
  { name: 'createGrant', before: AT_WORK, mutations: [createGrant('app')] },
  { name: 'createGrant for named repositories', before: AT_WORK, mutations: [named('app', {}, 'one')] },
  {
    name: 'createGrant overflowing into a second role',
    before: [...AT_WORK, createGrant('site', { environment: 'prod' })],
    mutations: [
      createGrant('app', { environment: 'prod' }),
      createGrant('gift*', { environment: 'test' }),
      createGrant('app', { refs: ['refs/heads/*'] }),
    ],
  },
  {
    name: 'updateGrant from a ref to an environment',
    before: [...AT_WORK, createGrant('app', { refs: ['refs/heads/main'] })],
    mutations: [updateGrant(0, () => ({ refs: null, environment: 'prod' }))],
  },
  {
    name: 'updateGrant to another environment and another repository at once',
    before: [...AT_WORK, named('app', { environment: 'test' }, 'one')],
    mutations: [updateGrant(0, (place) => ({ environment: 'prod', repositories: [`${place.department}/two`] }))],
  },
  {
    name: 'updateGrant to other named repositories',
    before: [...AT_WORK, named('app', {}, 'one')],
    mutations: [updateGrant(0, (place) => ({ repositories: [`${place.department}/two`] }))],
  },
  { name: 'revokeGrant', before: [...AT_WORK, createGrant('app'), createGrant('site')], mutations: [revokeGrant(0)] },
  {
    name: 'revokeGrant with its sessions',
    before: [...AT_WORK, createGrant('app'), createGrant('site')],
    mutations: [revokeGrant(0, true)],
  },
  {
    name: 'revokeGrant for named repositories',
    before: [...AT_WORK, named('app', {}, 'one', 'two')],
    mutations: [revokeGrant(0)],
  },
  {
    name: 'revokeGrant whose role AWS does not delete',
    before: [...AT_WORK, named('app', {}, 'one', 'two')],
    arrange: refuses('DeleteRole', CONFLICT),
    mutations: [revokeGrant(0), createRepository('new')],
    ends: ['refused-by-aws', undefined],
    leaves: 1,
  },
  {
    name: 'revokeGrant whose role we are denied to delete',
    before: [...AT_WORK, named('app', {}, 'one', 'two')],
    arrange: refuses('DeleteRole', DENIED),
    mutations: [revokeGrant(0)],
    ends: ['aws-unavailable'],
    leaves: 1,
  },
  {
    name: 'revokeGrant whose sessions AWS does not end',
    before: [...AT_WORK, createGrant('app'), createGrant('site')],
    arrange: refuses('PutRolePolicy', QUOTA),
    mutations: [revokeGrant(0, true)],
    ends: ['quota-exceeded'],
    leaves: 1,
    staysOpen: /^living session/,
  },
  {
    name: 'updateGrant that AWS lets close and does not let open',
    before: [...AT_WORK, named('app', { environment: 'test' }, 'one')],
    arrange: refuses('PutRolePolicy', QUOTA),
    mutations: [updateGrant(0, (place) => ({ environment: 'prod', repositories: [`${place.department}/two`] }))],
    ends: ['quota-exceeded'],
    leaves: 1,
    staysOpen: /^living session/,
  },
  {
    name: 'deleteOrganisation of which one role is refused',
    before: [
      ...AT_WORK,
      putOrganisation('other'),
      (place) => named('app*', { organisation: `${place.organisation.slice(0, 3)}*` }, 'one')(place),
      (place) => named('gift*', { organisation: `${place.organisation.slice(0, 3)}*` }, 'two')(place),
    ],
    arrange: async ({ embedded, refusals }, place) => {
      const { state } = await readDepartment(embedded.executor.tables, place.department);
      const grant = state?.grants.find(({ id }) => id === place.grants[1]);
      refusals.set(`UpdateAssumeRolePolicy ${grant?.pushRole}`, QUOTA);
    },
    mutations: [deleteOrganisation('other')],
    ends: ['quota-exceeded'],
    leaves: 1,
    staysOpen: /-second\/gift-cards.* pushes .*\/two/,
  },
  {
    name: 'deleteDepartment whose role AWS does not delete',
    before: [createDepartment, putOrganisation(), putAccess('931827427725')],
    arrange: refuses('DeleteRole', CONFLICT),
    mutations: [(place) => ({ command: 'deleteDepartment', params: department(place) })],
    ends: ['refused-by-aws'],
    leaves: 1,
  },
  {
    name: 'putAccountAccess that closes, set again half-way to what AWS refuses',
    before: [...AT_WORK, ...MANY, putAccess('931827427725', '931827427726')],
    mutations: [putAccess('931827427725')],
    during: [{ afterWrites: 2, step: putAccess('931827427725', '111122223333') }],
    ends: ['superseded', 'refused-by-aws'],
  },
  {
    name: 'replayOperation',
    before: AT_WORK,
    // Somebody takes a policy away by hand.
    arrange: async ({ embedded }, place) => {
      const repositoryName = `${place.department}/two`;
      await embedded.executor.aws.ecr.send(new DeleteRepositoryPolicyCommand({ repositoryName }));
    },
    mutations: [(place) => ({ command: 'replayOperation', params: { id: place.operations.at(-1) ?? 'op-none' } })],
  },
  {
    name: 'five mutations in flight',
    before: [...AT_WORK, createGrant('app'), createGrant('site', { environment: 'prod' })],
    mutations: [
      createRepository('new'),
      revokeGrant(0),
      deleteRepository('two'),
      putAccess('931827427726'),
      createGrant('app', { environment: 'prod' }),
    ],
  },
  {
    name: 'a name that is taken, with mutations after it',
    before: AT_WORK,
    arrange: async ({ embedded }, place) => {
      await embedded.executor.aws.ecr.send(
        new CreateRepositoryCommand({ repositoryName: `${place.department}/taken` }),
      );
    },
    mutations: [createRepository('taken'), createRepository('new'), createGrant('app')],
    ends: ['name-taken', undefined, undefined],
  },
  {
    name: 'a quota reached half-way, with mutations after it',
    before: AT_WORK,
    arrange: async ({ refusals }, place) => void refusals.set(`PutLifecyclePolicy ${place.department}/refused`, QUOTA),
    mutations: [
      createRepository('refused', { lifecyclePolicy: LIFECYCLE }),
      createRepository('new'),
      putAccess('931827427726'),
    ],
    ends: ['quota-exceeded', undefined, undefined],
  },
  {
    name: 'a role that is refused half-way',
    before: AT_WORK,
    arrange: async ({ refusals }, place) => void refusals.set(`UpdateAssumeRolePolicy ${place.department}`, QUOTA),
    mutations: [named('app', {}, 'one'), createRepository('new')],
    ends: ['quota-exceeded', undefined],
  },
  {
    name: 'an account that does not exist',
    before: AT_WORK,
    mutations: [putAccess('931827427726', '111122223333'), createRepository('new')],
    ends: ['refused-by-aws', undefined],
  },
];
