import { invalidInput, type InputError } from '../errors.ts';
import { countRepositories, readOperation } from '../../ledger/read.ts';
import type { AccessAccount, AccountAccess } from '../../model/account-access.ts';
import type { Operation } from '../../model/operation.ts';
import { pendingUpdate } from '../../model/pending.ts';
import { fanOutChange } from '../../plan/plan.ts';
import { documentSize } from '../../policy/canonical.ts';
import { repositoryPolicy } from '../../policy/repository-policy.ts';
import { accountAccessView } from '../views/account-access.ts';
import { checkIfMatch, checkNotPending, present, requireIfMatch } from './checks.ts';
import type { Command, Situation } from './command.ts';
import { departmentInPath } from '../look-ups.ts';

interface Facts {
  readonly repositories: number;
  /** The operation that carries an earlier list into AWS. */
  readonly pending: Operation | undefined;
}

/** ECR's limit of a repository policy. @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_SetRepositoryPolicy.html */
const POLICY_SIZE = 10_240;

/** Sets the whole list of accounts that may pull a department's repositories; changes the policy of each of them. */
export const putAccountAccess: Command<'putAccountAccess', Facts> = {
  name: 'putAccountAccess',
  departmentOf: departmentInPath,
  look: async (_input, { tables }, state) => ({
    repositories: state === undefined ? 0 : await countRepositories(tables, state.department.id),
    pending:
      state?.access.pending === undefined ? undefined : await readOperation(tables, state.access.pending.operation),
  }),
  decide: (situation) => {
    const { state, facts, config, operation, ifMatch } = situation;
    const { department, access } = present(state);
    requireIfMatch(
      ifMatch,
      'The list is replaced as a whole, so that what somebody else has just added could be lost.',
    );
    checkIfMatch(ifMatch, access);
    const next = readAccess(situation, access);
    const before = repositoryPolicy(access, config.aws);
    const after = repositoryPolicy(next, config.aws);
    const change = fanOutChange(before, after, facts.repositories);
    const waits = change !== undefined;
    if (!waits) checkNotPending(access, 'The account access');
    const supersedes = supersededOf(access, facts);
    return {
      department,
      subject: { type: 'account-access', id: department.id },
      writes: [
        {
          kind: 'put',
          entity: { type: 'account-access', value: waits ? pendingUpdate(next, lastDone(access), operation) : next },
        },
      ],
      claims: [],
      targets: waits ? [{ kind: 'repository-policies' }] : [],
      plan: change === undefined ? [] : [change],
      total: waits ? facts.repositories : 0,
      ...(supersedes === undefined ? {} : { supersedes }),
      answer: {
        entityName: 'accountAccess',
        entity: accountAccessView(next),
        revision: next.revision,
        created: false,
        blastRadius: { repositories: facts.repositories, ...reach(next) },
      },
    };
  },
};

/**
 * Setting a list that is still on its way again takes its place, without finishing it: with thousands of repositories that
 * takes minutes, and the newer list may be the one that closes a hole.
 */
function supersededOf(access: AccountAccess, { pending }: Facts): Operation | undefined {
  // One that has ended since the state was read: what is decided here will not be committed, and is decided again.
  return access.pending !== undefined && pending?.status === 'pending' ? pending : undefined;
}

/** The last list that stood everywhere: what all returns to, should AWS refuse the new one. */
function lastDone(access: AccountAccess): AccountAccess {
  return access.pending?.previous ?? access;
}

function reach({ accounts, organisationPull }: AccountAccess) {
  return {
    pullers: accounts.map(({ accountId }) => accountId),
    pushers: accounts.filter(({ canWrite }) => canWrite).map(({ accountId }) => accountId),
    organisationPull,
  };
}

function readAccess(
  { input, config, now }: Situation<'putAccountAccess', Facts>,
  access: AccountAccess,
): AccountAccess {
  const { accounts, organisationPull = false } = input.body;
  const errors: InputError[] = accounts.flatMap((account, index) => faultsOf(account, index, accounts));
  if (organisationPull && config.aws.organisationId === undefined) {
    errors.push({
      pointer: '/body/organisationPull',
      detail: 'No AWS organisation is configured (ECP_AWS_ORGANISATION_ID), so pull cannot be opened to it.',
    });
  }
  if (errors.length > 0) throw invalidInput(errors);
  const next: AccountAccess = {
    department: access.department,
    accounts,
    organisationPull,
    updatedAt: now,
    revision: access.revision + 1,
  };
  const size = documentSize(repositoryPolicy(next, config.aws) ?? { Version: '2012-10-17', Statement: [] });
  if (size > POLICY_SIZE) {
    throw invalidInput([
      {
        pointer: '/body/accounts',
        detail: `The repository policy would have ${size} characters; ECR allows ${POLICY_SIZE}. Name fewer accounts, or use organisationPull.`,
      },
    ]);
  }
  return next;
}

function faultsOf({ accountId }: AccessAccount, index: number, accounts: readonly AccessAccount[]): InputError[] {
  const first = accounts.findIndex((other) => other.accountId === accountId);
  if (first === index) return [];
  return [
    {
      pointer: `/body/accounts/${index}/accountId`,
      detail: `The account is listed at /body/accounts/${first} already; list each once.`,
    },
  ];
}
