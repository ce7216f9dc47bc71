import { refusalChain } from '../../ledger/chain.ts';
import { invalidInput, ServiceError } from '../errors.ts';
import { readChainHead } from '../../ledger/append.ts';
import { readClaim } from '../../ledger/read.ts';
import type { Department } from '../../model/department.ts';
import { roleNameTaken } from '../../model/name-taken.ts';
import { pendingCreate } from '../../model/pending.ts';
import type { PresentLife } from '../../model/present-life.ts';
import type { PushRole } from '../../model/push-role.ts';
import { take } from '../../model/settle.ts';
import { isHeldByAnother, type Claim, type ClaimKey, type DepartmentState } from '../../model/state.ts';
import { departmentRoleName } from '../../policy/role-assignment.ts';
import { departmentView } from '../views/department.ts';
import { checkAcknowledged, checkIfMatch } from './checks.ts';
import type { Command, Situation } from './command.ts';
import { checkManagers } from './managers.ts';
import { planRoles } from './plans.ts';

interface Facts {
  readonly roleClaim: Claim | undefined;
  readonly namespaceClaim: Claim | undefined;
  /** Number of the last refusal that concerned a department of this id. */
  readonly lastRefusal: number;
}

/** The platform's own chain has this name; a department of the same name would share it. */
const RESERVED_IDS: readonly string[] = ['platform'];

/** Registers a department, and makes its push role, so that the role's ARN is known from the first day. */
export const createDepartment: Command<'createDepartment', Facts> = {
  name: 'createDepartment',
  departmentOf: async (input) => input.body.id,
  look: async (input, { tables }) => {
    const { id, namespace, roleName = departmentRoleName(id) } = input.body;
    return {
      roleClaim: await readClaim(tables, { kind: 'role-name', name: roleName }),
      namespaceClaim:
        namespace === undefined ? undefined : await readClaim(tables, { kind: 'namespace', name: namespace }),
      lastRefusal: (await readChainHead(tables, refusalChain(id))).seq,
    };
  },
  decide: (situation) => {
    const { input, state, facts, config, operation, ifMatch } = situation;
    checkIfMatch(ifMatch, state?.department);
    const department = readDepartment(situation);
    if (state !== undefined) throw new ServiceError('already-exists', `Department ${department.id} already exists.`);
    const life = lifeOf(situation);
    checkAcknowledged(
      [...checkManagers(department.managers), ...(life === undefined ? [] : (['reused-id'] as const))],
      input.body.acknowledge,
      { managers: department.managers },
    );
    checkFree(facts, department, situation.now);
    const role: PushRole = newRole(department, config.aws.rolePath);
    const empty = emptyState(department);
    return {
      department: pendingCreate(department, operation),
      subject: { type: 'department', id: department.id },
      writes: [
        { kind: 'put', entity: { type: 'department', value: department } },
        { kind: 'put', entity: { type: 'push-role', value: pendingCreate(role, operation) } },
      ],
      claims: claimsOf(facts, department),
      targets: [{ kind: 'role', name: role.name, fresh: true }],
      plan: planRoles([role.name], empty, { ...empty, roles: [role] }, config.aws),
      total: 1,
      ...(life === undefined ? {} : { life }),
      answer: {
        entityName: 'department',
        entity: departmentView(department),
        revision: department.revision,
        created: true,
        location: `/v1/departments/${department.id}`,
      },
    };
  },
};

/** An id that a department had before is given out again: its trail and its operations stay the platform's. */
function lifeOf({ head, facts, now }: Situation<'createDepartment', Facts>): PresentLife | undefined {
  if (head === undefined || head.neverLived === true) return undefined;
  const { version, auditSeq, auditTime } = head;
  // An event is not older than the one before it, whatever our clock says.
  const since = auditTime !== undefined && auditTime > now ? auditTime : now;
  return { version: version + 1, afterEvent: auditSeq, afterRefusal: facts.lastRefusal, since };
}

function readDepartment({ input, now, head }: Situation<'createDepartment', Facts>): Department {
  const { id, displayName, namespace, roleName = departmentRoleName(id), managers = [] } = input.body;
  if (RESERVED_IDS.includes(id)) {
    throw invalidInput([
      {
        pointer: '/body/id',
        detail: `${id} is a reserved word: a chain of the platform has this name. Choose another.`,
      },
    ]);
  }
  return {
    id,
    displayName,
    ...(namespace === undefined ? {} : { namespace }),
    roleName,
    managers,
    selfService: input.body.selfService ?? false,
    createdAt: now,
    updatedAt: now,
    revision: (head?.version ?? 0) + 1,
  };
}

function checkFree({ roleClaim, namespaceClaim }: Facts, department: Department, now: string): void {
  if (isHeldByAnother(roleClaim, department.id, now)) {
    throw new ServiceError('name-taken', roleNameTaken(department.roleName));
  }
  if (isHeldByAnother(namespaceClaim, department.id, now)) {
    throw new ServiceError(
      'name-reserved',
      `The namespace ${department.namespace} belongs to another department. Choose another.`,
    );
  }
}

function claimsOf({ roleClaim, namespaceClaim }: Facts, department: Department) {
  const role: ClaimKey = { kind: 'role-name', name: department.roleName };
  const claims = [
    {
      key: role,
      ...(roleClaim === undefined ? {} : { was: roleClaim }),
      becomes: take(roleClaim, role, department.id),
    },
  ];
  if (department.namespace === undefined) return claims;
  const namespace: ClaimKey = { kind: 'namespace', name: department.namespace };
  const was = namespaceClaim === undefined ? {} : { was: namespaceClaim };
  return [...claims, { key: namespace, ...was, becomes: take(namespaceClaim, namespace, department.id) }];
}

function newRole(department: Department, path: string): PushRole {
  return {
    name: department.roleName,
    department: department.id,
    path,
    scope: 'department',
    createdAt: department.createdAt,
    updatedAt: department.createdAt,
    revision: 1,
  };
}

function emptyState(
  department: Department,
): Pick<DepartmentState, 'department' | 'grants' | 'organisations' | 'roles'> {
  return { department, grants: [], organisations: [], roles: [] };
}
