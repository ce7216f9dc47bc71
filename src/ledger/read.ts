import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { EMPTY_CHAIN } from './chain.ts';
import type { AccountAccess } from '../model/account-access.ts';
import type { Department, ManagerRule } from '../model/department.ts';
import type { Grant } from '../model/grant.ts';
import type { DepartmentId } from '../model/ids.ts';
import type { RepositoryName } from '../model/names.ts';
import type { Operation } from '../model/operation.ts';
import type { Organisation } from '../model/organisation.ts';
import type { PushRole } from '../model/push-role.ts';
import type { Repository } from '../model/repository.ts';
import { isActive, type Claim, type ClaimKey, type DepartmentHead, type DepartmentState } from '../model/state.ts';
import type { Tables } from './client.ts';
import {
  claimKey,
  departmentPartition,
  DEPARTMENT_SORT_KEY,
  DIRECTORY_PARTITION,
  operationDepartmentKey,
  operationKey,
  repositoriesPartition,
  type Key,
} from './keys.ts';
import { getAll, queryAll, queryCount, queryUpTo } from './pages.ts';

/** The department's own item: the entity and the counters. */
export interface DepartmentItem {
  readonly value: Department;
  readonly head: DepartmentHead;
}

/** A head for a department that has never been. */
export const NEW_HEAD: DepartmentHead = {
  version: 0,
  auditSeq: EMPTY_CHAIN.seq,
  auditHash: EMPTY_CHAIN.hash,
  pendingOperations: [],
  deleted: false,
};

/** What the ledger knows of a department: its head (also of a deleted one), and its state while it is there. */
export interface DepartmentRead {
  readonly head: DepartmentHead | undefined;
  readonly state: DepartmentState | undefined;
}

type Item = Readonly<Record<string, unknown>> & Key;

/**
 * Reads one item, strongly consistent.
 * @typeParam Stored what the ledger puts under such a key
 */
export async function getItem<Stored extends object = Item>(tables: Tables, key: Key): Promise<Stored | undefined> {
  const { Item } = await tables.documents.send(
    new GetCommand({ TableName: tables.state, Key: key, ConsistentRead: true }),
  );
  return Item as Stored | undefined;
}

/** Reads a department with all that belongs to it except its repositories, strongly consistent. */
export async function readDepartment(tables: Tables, id: string): Promise<DepartmentRead> {
  // The head is read first: whatever changes after it makes the version's condition fail, so that a page read later
  // can never be combined with it unnoticed.
  const own = await getItem<DepartmentItem>(tables, { pk: departmentPartition(id), sk: DEPARTMENT_SORT_KEY });
  if (own === undefined) return { head: undefined, state: undefined };
  const { value: department, head } = own;
  if (head.deleted) return { head, state: undefined };
  const items = await queryAll(tables, {
    TableName: tables.state,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': departmentPartition(id) },
    ConsistentRead: true,
  });
  return { head, state: departmentStateOf(department, head, items as readonly Item[]) };
}

/** Reads only the department's own item. */
export async function readDepartmentItem(tables: Tables, id: string): Promise<DepartmentItem | undefined> {
  return getItem(tables, { pk: departmentPartition(id), sk: DEPARTMENT_SORT_KEY });
}

/** Reads only the rules that make workflows managers of a department; none where there is no such department. */
export async function readManagers(tables: Tables, id: string): Promise<readonly ManagerRule[]> {
  const { Item } = await tables.documents.send(
    new GetCommand({
      TableName: tables.state,
      Key: { pk: departmentPartition(id), sk: DEPARTMENT_SORT_KEY },
      ConsistentRead: true,
      ProjectionExpression: '#value.managers',
      ExpressionAttributeNames: { '#value': 'value' },
    }),
  );
  return (Item?.['value'] as Pick<Department, 'managers'> | undefined)?.managers ?? [];
}

/** A department's state from the items of its partition, its own item aside. */
export function departmentStateOf(
  department: Department,
  head: DepartmentHead,
  items: readonly Item[],
): DepartmentState {
  const valuesOf = (prefix: string): readonly unknown[] =>
    items.filter((item) => item.sk.startsWith(prefix)).map((item) => item['value']);
  const [access] = valuesOf('ACCOUNT_ACCESS') as readonly AccountAccess[];
  return {
    head,
    department,
    organisations: valuesOf('ORGANISATION#') as readonly Organisation[],
    access: access ?? emptyAccess(department),
    grants: valuesOf('GRANT#') as readonly Grant[],
    roles: valuesOf('PUSH_ROLE#') as readonly PushRole[],
  };
}

/** Account access before the platform set any: nobody. */
function emptyAccess({ id, createdAt }: Department): AccountAccess {
  return { department: id, accounts: [], organisationPull: false, updatedAt: createdAt, revision: 0 };
}

/** Reads who holds a name that is unique in the account. */
export async function readClaim(tables: Tables, key: ClaimKey): Promise<Claim | undefined> {
  const item = await getItem(tables, claimKey(key));
  return item === undefined ? undefined : (item['value'] as Claim);
}

/** Reads a repository by its name alone. */
export async function readRepository(tables: Tables, name: string): Promise<Repository | undefined> {
  const claim = await readClaim(tables, { kind: 'repository-name', name });
  const [department] = claim?.departments ?? [];
  return isActive(claim) && department !== undefined ? readRepositoryOf(tables, department, name) : undefined;
}

/** Reads a repository of a known department. */
export async function readRepositoryOf(
  tables: Tables,
  department: DepartmentId,
  name: string,
): Promise<Repository | undefined> {
  const item = await getItem(tables, { pk: repositoriesPartition(department), sk: name });
  return item === undefined ? undefined : repositoryIn(item);
}

/** A repository is the one under whose name it is stored, whatever else is stored there: by that name it is claimed and listed. */
function repositoryIn(item: Readonly<Record<string, unknown>>): Repository {
  return { ...(item['value'] as Repository), name: item['sk'] as RepositoryName };
}

/** Reads those repositories of a department that are there, in the order of their given names. */
export async function readRepositoriesOf(
  tables: Tables,
  department: DepartmentId,
  names: readonly string[],
): Promise<readonly Repository[]> {
  const pk = repositoriesPartition(department);
  const keys = names.map((sk) => ({ pk, sk }));
  const items = await getAll(tables, tables.state, keys, ['sk', 'value']);
  const found = new Map(items.map((item) => [item['sk'], repositoryIn(item)]));
  return names.flatMap((name) => found.get(name) ?? []);
}

/** Reads whose an operation is, without reading the operation. */
export async function readOperationDepartment(tables: Tables, id: string): Promise<DepartmentId | undefined> {
  return (await getItem(tables, operationDepartmentKey(id)))?.['department'] as DepartmentId | undefined;
}

/** Reads an operation by its id. */
export async function readOperation(tables: Tables, id: string): Promise<Operation | undefined> {
  const item = await getItem(tables, operationKey(id));
  if (item === undefined) return undefined;
  return {
    ...(JSON.parse(String(item['operation'])) as Omit<Operation, 'attempts'>),
    attempts: item['attempts'] as number,
  };
}

/** Reads `limit` repositories of a department in the order of their names, from after a name on; fewer where that is all. */
export async function listRepositories(
  tables: Tables,
  department: DepartmentId,
  limit: number,
  after?: RepositoryName | string,
): Promise<readonly Repository[]> {
  const items = await firstOf(tables, repositoriesPartition(department), limit, after);
  return items.map(repositoryIn);
}

/** Counts a department's repositories. */
export async function countRepositories(tables: Tables, department: DepartmentId): Promise<number> {
  return queryCount(tables, {
    TableName: tables.state,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': repositoriesPartition(department) },
    ConsistentRead: true,
  });
}

/** Reads `limit` ids of departments in order, from after an id on; fewer where that is all. */
export async function listDepartmentIds(
  tables: Tables,
  limit: number,
  after?: string,
): Promise<readonly DepartmentId[]> {
  const items = await firstOf(tables, DIRECTORY_PARTITION, limit, after);
  return items.map((item) => item.sk as DepartmentId);
}

/** Departments that are read at once. */
const DEPARTMENTS = 100;

/** Reads the ids of all departments in order, as far as they are asked for. */
export async function* allDepartmentIds(tables: Tables): AsyncGenerator<DepartmentId> {
  for (let after: DepartmentId | undefined; ; ) {
    const page = await listDepartmentIds(tables, DEPARTMENTS, after);
    yield* page;
    if (page.length < DEPARTMENTS) return;
    after = page.at(-1);
  }
}

async function firstOf(tables: Tables, pk: string, limit: number, after: string | undefined): Promise<readonly Item[]> {
  const items = await queryUpTo(
    tables,
    {
      TableName: tables.state,
      KeyConditionExpression: after === undefined ? 'pk = :pk' : 'pk = :pk AND sk > :after',
      ExpressionAttributeValues: { ':pk': pk, ...(after === undefined ? {} : { ':after': after }) },
      ConsistentRead: true,
    },
    limit,
  );
  return items as readonly Item[];
}
