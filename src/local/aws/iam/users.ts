import type {
  CreateUserRequest,
  CreateUserResponse,
  DeleteUserPermissionsBoundaryRequest,
  DeleteUserRequest,
  GetUserRequest,
  GetUserResponse,
  ListGroupsForUserRequest,
  ListGroupsForUserResponse,
  ListUsersRequest,
  ListUsersResponse,
  PutUserPermissionsBoundaryRequest,
  UpdateUserRequest,
  User as UserAnswer,
} from '@aws-sdk/client-iam';
import type { Account, Call } from '../account.ts';
import type { User } from '../entities.ts';
import { AwsFault, iamFault } from '../fault.ts';
import { iamArn, uniqueId } from '../identifiers.ts';
import { pageOf, readToken } from '../paging.ts';
import { tagList } from '../tags.ts';
import { findUser, keepUser } from './find-user.ts';
import { checkedIamTags } from './iam-tags.ts';
import { checkBoundary } from './roles.ts';

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html */
export function createUser({ account }: Call, input: CreateUserRequest): CreateUserResponse {
  const { UserName: name = '', Path: path = '/', PermissionsBoundary: boundaryArn } = input;
  checkFree(account, name);
  if (boundaryArn !== undefined) checkBoundary(account, boundaryArn);
  const user: User = {
    id: uniqueId('AIDA'),
    name,
    path,
    arn: iamArn(account, `user${path}${name}`),
    createdAt: account.now().toISOString(),
    tags: checkedIamTags({}, input.Tags ?? []),
    ...(boundaryArn === undefined ? {} : { boundaryArn }),
  };
  keepUser(account, user);
  return { User: fullAnswer(user) };
}

/** Without a name it is the caller, who is no user here. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html */
export function getUser({ account }: Call, input: GetUserRequest): GetUserResponse {
  if (input.UserName === undefined)
    throw new AwsFault('ValidationError', 400, 'Must specify userName when calling with non-User credentials');
  return { User: fullAnswer(findUser(account, input.UserName)) };
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html */
export function listUsers({ account }: Call, input: ListUsersRequest): ListUsersResponse {
  const after = readToken(input.Marker, () => new AwsFault('ValidationError', 400, 'Invalid Marker.'));
  const users = account.store.list('user').filter(({ path }) => path.startsWith(input.PathPrefix ?? '/'));
  const { items, next } = pageOf(users, ({ name }) => name.toLowerCase(), after, input.MaxItems ?? 100);
  return { Users: items.map(listAnswer), IsTruncated: next !== undefined, Marker: next };
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html */
export function updateUser({ account }: Call, input: UpdateUserRequest): object {
  const before = findUser(account, input.UserName);
  const { NewUserName: name = before.name, NewPath: path = before.path } = input;
  if (name.toLowerCase() !== before.name.toLowerCase()) checkFree(account, name);
  const user = { ...before, name, path, arn: iamArn(account, `user${path}${name}`) };
  account.store.change(
    { kind: 'user', id: before.name.toLowerCase(), value: null },
    { kind: 'user', id: name.toLowerCase(), value: user },
  );
  return {};
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html */
export function deleteUser({ account }: Call, input: DeleteUserRequest): object {
  const { name } = findUser(account, input.UserName);
  account.store.change({ kind: 'user', id: name.toLowerCase(), value: null });
  return {};
}

/** There are no groups here. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListGroupsForUser.html */
export function listGroupsForUser({ account }: Call, input: ListGroupsForUserRequest): ListGroupsForUserResponse {
  findUser(account, input.UserName);
  return { Groups: [], IsTruncated: false };
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPermissionsBoundary.html */
export function putUserPermissionsBoundary({ account }: Call, input: PutUserPermissionsBoundaryRequest): object {
  const user = findUser(account, input.UserName);
  const { PermissionsBoundary: boundaryArn = '' } = input;
  checkBoundary(account, boundaryArn);
  keepUser(account, { ...user, boundaryArn });
  return {};
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUserPermissionsBoundary.html */
export function deleteUserPermissionsBoundary({ account }: Call, input: DeleteUserPermissionsBoundaryRequest): object {
  const { boundaryArn: _, ...user } = findUser(account, input.UserName);
  keepUser(account, user);
  return {};
}

function checkFree(account: Account, name: string): void {
  if (account.store.get('user', name.toLowerCase()) !== undefined)
    throw iamFault('EntityAlreadyExistsException', `User with name ${name} already exists.`);
}

/** `ListUsers` leaves out what `GetUser` shows. */
function fullAnswer(user: User): UserAnswer {
  const { tags, boundaryArn } = user;
  return {
    ...listAnswer(user),
    ...(Object.keys(tags).length === 0 ? {} : { Tags: tagList(tags) }),
    ...(boundaryArn === undefined
      ? {}
      : {
          PermissionsBoundary: {
            PermissionsBoundaryType: 'PermissionsBoundaryPolicy',
            PermissionsBoundaryArn: boundaryArn,
          },
        }),
  };
}

function listAnswer({ id, name, path, arn, createdAt }: User): UserAnswer {
  return { UserName: name, UserId: id, Path: path, Arn: arn, CreateDate: new Date(createdAt) };
}
