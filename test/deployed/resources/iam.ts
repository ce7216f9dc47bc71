import {
  CreateOpenIDConnectProviderCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  PutRolePolicyCommand,
  type Tag,
} from '@aws-sdk/client-iam';
import type { Arguments } from '../arguments.ts';
import { must, where, type Row } from './row.ts';

const role: Row = async (given, { clients: { iam } }) => {
  const name = given.text('name');
  const { Role } = await iam.send(
    new CreateRoleCommand({
      RoleName: name,
      AssumeRolePolicyDocument: given.text('assume_role_policy'),
      ...where('Path', given.maybeText('path')),
      ...where('Description', given.maybeText('description')),
      ...where('PermissionsBoundary', given.maybeText('permissions_boundary')),
      Tags: tagsOf(given),
    }),
  );
  return { id: name, arn: must(Role?.Arn, 'Arn'), unique_id: must(Role?.RoleId, 'RoleId') };
};

const rolePolicy: Row = async (given, { clients: { iam }, relax }) => {
  const name = given.text('name');
  const roleName = given.text('role');
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: roleName,
      PolicyName: name,
      PolicyDocument: relax(name, given.text('policy')),
    }),
  );
  return { id: `${roleName}:${name}` };
};

const policy: Row = async (given, { clients: { iam } }) => {
  const { Policy } = await iam.send(
    new CreatePolicyCommand({
      PolicyName: given.text('name'),
      PolicyDocument: given.text('policy'),
      ...where('Path', given.maybeText('path')),
      ...where('Description', given.maybeText('description')),
      Tags: tagsOf(given),
    }),
  );
  const arn = must(Policy?.Arn, 'Arn');
  return { id: arn, arn };
};

const oidcProvider: Row = async (given, { clients: { iam } }) => {
  const { OpenIDConnectProviderArn } = await iam.send(
    new CreateOpenIDConnectProviderCommand({
      Url: given.text('url'),
      ClientIDList: given.texts('client_id_list'),
      Tags: tagsOf(given),
    }),
  );
  const arn = must(OpenIDConnectProviderArn, 'OpenIDConnectProviderArn');
  return { id: arn, arn };
};

function tagsOf(given: Arguments): Tag[] {
  return Object.entries(given.map('tags')).map(([Key, Value]) => ({ Key, Value }));
}

/** IAM's resource types. */
export const IAM: Readonly<Record<string, Row>> = {
  aws_iam_role: role,
  aws_iam_role_policy: rolePolicy,
  aws_iam_policy: policy,
  aws_iam_openid_connect_provider: oidcProvider,
};
