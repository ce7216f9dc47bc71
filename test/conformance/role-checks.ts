import { AssumeRoleWithWebIdentityCommand } from '@aws-sdk/client-sts';
import { observeRole } from '../../src/aws/observe.ts';
import { readAccountQuotas } from '../../src/aws/quotas.ts';
import type { RoleResource } from '../../src/plan/resources.ts';
import type { PolicyDocument } from '../../src/policy/document.ts';
import { ownershipTags } from '../../src/policy/tags.ts';
import type { AwsBench } from './aws-bench.ts';
import {
  apply,
  change,
  deepEqual,
  equal,
  fail,
  madeRole,
  notYet,
  ok,
  refused,
  role,
  seenRole,
  trust,
} from './changes.ts';
import type { Check } from './check.ts';

/** An inline policy that lets nothing be done, of a resource with a name of this length. */
function inlinePolicy(resourceLength = 1): PolicyDocument {
  const Resource = `arn:aws:ecr:eu-west-1:111122223333:repository/${'r'.repeat(resourceLength)}`;
  return { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: 'ecr:PutImage', Resource }] };
}

async function refusedCreation(bench: AwsBench, name: string, more: Partial<RoleResource> = {}): Promise<void> {
  await refused(bench, change('iam:CreateRole', name, role(bench, name, more)), 'refused-by-aws');
}

async function refusedTrust(
  bench: AwsBench,
  trustPolicy: unknown,
  code: 'refused-by-aws' | 'quota-exceeded' = 'refused-by-aws',
): Promise<void> {
  const name = await madeRole(bench);
  await refused(bench, change('iam:UpdateAssumeRolePolicy', name, trustPolicy), code);
  deepEqual((await seenRole(bench, name)).trustPolicy, trust(bench.settings), 'what stood before still stands');
}

function trustOfLength({ settings }: AwsBench, length: number): PolicyDocument {
  const { oidcProvider } = settings;
  const policy = (more: string) =>
    trust(settings, {
      StringEquals: { [`${oidcProvider}:aud`]: 'sts.amazonaws.com', [`${oidcProvider}:ref`]: `refs/heads/${more}` },
      StringLike: { [`${oidcProvider}:sub`]: 'repo:acme/*:ref:refs/heads/*' },
    });
  return policy('r'.repeat(length - JSON.stringify(policy('')).length));
}

async function refusedInline(bench: AwsBench, statement: object): Promise<void> {
  const name = await madeRole(bench);
  const document = { Version: '2012-10-17', Statement: [statement] };
  await refused(bench, change('iam:PutRolePolicy', name, { policyName: 'EcpPush', document }), 'refused-by-aws');
}

/** What our calls on IAM do: when all is well, repeated, at their limits and past them. */
export const ROLE_CHECKS: readonly Check<AwsBench>[] = [
  {
    id: 'iam/create',
    promise: 'a role stands as it was asked for: path, tags, boundary, session, trust; no inline policies',
    run: async (bench) => {
      const name = bench.roleName();
      equal(await observeRole(bench.clients, name), undefined);
      const wanted = role(bench, name, { maxSessionSeconds: 43_200 });
      const call = await apply(bench, change('iam:CreateRole', name, wanted));
      equal(call.outcome, 'ok');
      ok(call.awsRequestId, 'the request id is kept for the audit trail');
      deepEqual(await seenRole(bench, name), wanted);
    },
  },
  {
    id: 'iam/create/again-by-the-same-operation',
    promise: 'a creation that is repeated by its own operation is a success',
    run: async (bench) => {
      const name = await madeRole(bench);
      await seenRole(bench, name);
      equal((await apply(bench, change('iam:CreateRole', name, role(bench, name)))).outcome, 'ok');
    },
  },
  {
    id: 'iam/create/name-taken',
    promise: 'a creation that finds another operation’s role is refused, and changes nothing',
    run: async (bench) => {
      const name = await madeRole(bench);
      await seenRole(bench, name);
      const other = role(bench, name, { tags: ownershipTags('pol', 'operation-2'), maxSessionSeconds: 7200 });
      await refused(bench, change('iam:CreateRole', name, other), 'name-taken');
      deepEqual(await seenRole(bench, name), role(bench, name));
    },
  },
  {
    id: 'iam/create/name-taken-in-another-case',
    promise: 'a role’s name is taken in any case; as the other role is not seen by this name, it is not taken for ours',
    run: async (bench) => {
      const name = await madeRole(bench);
      await seenRole(bench, name);
      const other = name.toUpperCase();
      await notYet(bench, change('iam:CreateRole', other, role(bench, other)));
      equal(await observeRole(bench.clients, other), undefined);
    },
  },
  {
    id: 'iam/create/name',
    promise: 'a name of 64 characters with all that a name may have is taken',
    run: async (bench) => {
      const begin = `${bench.roleName()}_+=,.@-`;
      const name = begin + 'r'.repeat(64 - begin.length);
      await apply(bench, change('iam:CreateRole', name, role(bench, name)));
      equal((await seenRole(bench, name)).name, name);
    },
  },
  {
    id: 'iam/create/length-of-name',
    promise: 'a name of 65 characters is refused',
    run: (bench) => refusedCreation(bench, `${bench.roleName()}${'r'.repeat(64)}`.slice(0, 65)),
  },
  {
    id: 'iam/create/pattern-of-name',
    promise: 'a name with a slash, a space, a star or a letter beyond ASCII is refused',
    run: async (bench) => {
      for (const end of ['/a', ' a', '*', 'ø', ':']) await refusedCreation(bench, `${bench.roleName()}${end}`);
    },
  },
  {
    id: 'iam/create/path',
    promise: 'a path that does not begin and end with a slash, or is longer than 512 characters, is refused',
    run: async (bench) => {
      for (const path of ['no-slash', '/a', 'a/', `/${'p'.repeat(511)}/`]) {
        await refusedCreation(bench, bench.roleName(), { path });
      }
    },
  },
  {
    id: 'iam/create/session',
    promise: 'a session of less than an hour or more than twelve is refused',
    run: async (bench) => {
      for (const maxSessionSeconds of [3_599, 43_201])
        await refusedCreation(bench, bench.roleName(), { maxSessionSeconds });
    },
  },
  {
    id: 'iam/create/tags',
    promise: 'fifty tags are taken and come back as they were written; a fifty-first is refused',
    run: async (bench) => {
      const tags = Object.fromEntries(Array.from({ length: 49 }, (_, index) => [`tag-${index}`, 'Kø a_.:/=+-@']));
      tags['k'.repeat(128)] = 'v'.repeat(256);
      deepEqual((await seenRole(bench, await madeRole(bench, { tags }))).tags, tags);
      const name = bench.roleName();
      const tooMany = role(bench, name, { tags: { ...tags, more: 'x' } });
      await refused(bench, change('iam:CreateRole', name, tooMany), 'refused-by-aws', 'quota-exceeded');
    },
  },
  {
    id: 'iam/create/bad-tags',
    promise: 'a tag whose key is AWS’s own, too long or of other characters is refused',
    run: async (bench) => {
      for (const key of ['aws:mine', 'k'.repeat(129), 'semi;colon']) {
        await refusedCreation(bench, bench.roleName(), { tags: { [key]: 'x' } });
      }
    },
  },
  {
    id: 'iam/create/unknown-boundary',
    promise: 'a role whose boundary is not there (yet) may succeed later',
    run: async (bench) => {
      const name = bench.roleName();
      const boundaryArn = `${bench.settings.boundaryArn}-of-nobody`;
      await notYet(bench, change('iam:CreateRole', name, role(bench, name, { boundaryArn })));
      equal(await observeRole(bench.clients, name), undefined);
    },
  },
  {
    id: 'iam/create/malformed-trust',
    promise: 'a role is not made with a trust policy that is none',
    run: async (bench) => {
      const name = bench.roleName();
      await refusedCreation(bench, name, { trustPolicy: { Version: '2012-10-17', Statement: [{}] } as never });
      equal(await observeRole(bench.clients, name), undefined);
    },
  },
  {
    id: 'iam/create/trust-without-sub',
    promise: 'a role is not made with trust in GitHub that does not look at sub, or takes any',
    run: async (bench) => {
      const { oidcProvider } = bench.settings;
      const aud = { [`${oidcProvider}:aud`]: 'sts.amazonaws.com' };
      for (const condition of [
        { StringEquals: aud },
        { StringEquals: aud, StringLike: { [`${oidcProvider}:sub`]: '*' } },
      ]) {
        await refusedCreation(bench, bench.roleName(), { trustPolicy: trust(bench.settings, condition) });
      }
    },
  },
  {
    id: 'iam/trust',
    promise: 'a trust policy is replaced and comes back as it was written, with every kind of character that IAM takes',
    run: async (bench) => {
      const name = await madeRole(bench);
      const { oidcProvider } = bench.settings;
      const subject = 'repo:acme/*:environment:Prod 100%25 + "quotes" & <angle> = æøå ÿ %3A';
      const other = trust(bench.settings, { StringLike: { [`${oidcProvider}:sub`]: subject } });
      await apply(bench, change('iam:UpdateAssumeRolePolicy', name, other));
      await bench.settled(async () => deepEqual((await seenRole(bench, name)).trustPolicy, other));
    },
  },
  {
    id: 'iam/trust/malformed',
    promise: 'a trust policy that is none is refused, and the one before it stands',
    run: (bench) => refusedTrust(bench, { Version: '2012-10-17', Statement: [{ Effect: 'Maybe' }] }),
  },
  {
    id: 'iam/trust/without-sub',
    promise: 'trust in GitHub that does not look at sub is refused, and what stood before still stands',
    run: async (bench) => {
      const { oidcProvider } = bench.settings;
      const aud = { [`${oidcProvider}:aud`]: 'sts.amazonaws.com' };
      await refusedTrust(bench, trust(bench.settings, { StringEquals: aud }));
      await refusedTrust(
        bench,
        trust(bench.settings, { StringEquals: aud, StringLike: { [`${oidcProvider}:sub`]: '*' } }),
      );
    },
  },
  {
    id: 'iam/trust/other-service',
    promise: 'a trust policy about another service’s actions is refused',
    run: (bench) => {
      const [statement] = trust(bench.settings).Statement;
      return refusedTrust(bench, { Version: '2012-10-17', Statement: [{ ...statement, Action: 'ecr:PutImage' }] });
    },
  },
  {
    id: 'iam/trust/unknown-principal',
    promise: 'a trust policy that names a role that is not there is refused',
    run: (bench) =>
      refusedTrust(bench, {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { AWS: `arn:aws:iam::${bench.settings.accountId}:role/${bench.roleName()}-of-nobody` },
            Action: 'sts:AssumeRole',
          },
        ],
      }),
  },
  {
    id: 'iam/trust/longest',
    promise: 'a trust policy of as many characters as the account allows is taken',
    run: async (bench) => {
      const quota = await trustQuota(bench);
      const name = await madeRole(bench);
      await apply(bench, change('iam:UpdateAssumeRolePolicy', name, trustOfLength(bench, quota)));
    },
  },
  {
    id: 'iam/trust/too-long',
    promise: 'a trust policy of one character more than the account allows is refused as a quota',
    run: async (bench) => refusedTrust(bench, trustOfLength(bench, (await trustQuota(bench)) + 1), 'quota-exceeded'),
  },
  {
    id: 'iam/inline',
    promise: 'an inline policy is put, replaced and taken away; taking it away twice is a success',
    run: async (bench) => {
      const name = await madeRole(bench);
      for (const document of [inlinePolicy(3), inlinePolicy(7)]) {
        await apply(bench, change('iam:PutRolePolicy', name, { policyName: 'EcpPush', document }));
        await bench.settled(async () => deepEqual((await seenRole(bench, name)).inlinePolicies, { EcpPush: document }));
      }
      const taken = change('iam:DeleteRolePolicy', name, null, { policyName: 'EcpPush', document: {} });
      for (let times = 0; times < 2; times++) equal((await apply(bench, taken)).outcome, 'ok');
      await bench.settled(async () => deepEqual((await seenRole(bench, name)).inlinePolicies, {}));
    },
  },
  {
    id: 'iam/inline/many',
    promise: 'all inline policies of a role are seen, also those past IAM’s first page of a hundred',
    run: async (bench) => {
      const name = await madeRole(bench);
      const Statement = { Effect: 'Deny', Action: 'a:b', Resource: '*' };
      const document = { Version: '2012-10-17', Statement };
      for (let index = 0; index < 103; index++) {
        await apply(bench, change('iam:PutRolePolicy', name, { policyName: `p${index}`, document }));
      }
      await bench.settled(async () => equal(Object.keys((await seenRole(bench, name)).inlinePolicies).length, 103));
    },
  },
  {
    id: 'iam/inline/malformed',
    promise: 'an inline policy whose effect is none is refused',
    run: (bench) => refusedInline(bench, { Effect: 'Maybe', Action: 'ecr:PutImage', Resource: '*' }),
  },
  {
    id: 'iam/inline/principal',
    promise: 'an inline policy that names a principal is refused',
    run: (bench) => refusedInline(bench, { Effect: 'Allow', Action: 'ecr:PutImage', Resource: '*', Principal: '*' }),
  },
  {
    id: 'iam/inline/no-resource',
    promise: 'an inline policy without a resource is refused',
    run: (bench) => refusedInline(bench, { Effect: 'Allow', Action: 'ecr:PutImage' }),
  },
  {
    id: 'iam/inline/longest',
    promise: 'inline policies of 10,240 characters together are taken',
    run: async (bench) => {
      const name = await madeRole(bench);
      const document = inlinePolicy(10_240 - JSON.stringify(inlinePolicy(0)).length);
      equal(JSON.stringify(document).length, 10_240);
      await apply(bench, change('iam:PutRolePolicy', name, { policyName: 'EcpPush', document }));
    },
  },
  {
    id: 'iam/inline/too-long',
    promise: 'inline policies of more than 10,240 characters together are refused as a quota',
    run: async (bench) => {
      const name = await madeRole(bench);
      const one = { policyName: 'One', document: inlinePolicy(5_000) };
      await apply(bench, change('iam:PutRolePolicy', name, one));
      const other = { policyName: 'Other', document: inlinePolicy(5_200) };
      await refused(bench, change('iam:PutRolePolicy', name, other), 'quota-exceeded');
    },
  },
  {
    id: 'iam/inline/name',
    promise: 'a policy’s name of 129 characters, or with a space, is refused',
    run: async (bench) => {
      const name = await madeRole(bench);
      for (const policyName of ['p'.repeat(129), 'a b']) {
        const one = change('iam:PutRolePolicy', name, { policyName, document: inlinePolicy() });
        await refused(bench, one, 'refused-by-aws');
      }
    },
  },
  {
    id: 'iam/delete',
    promise: 'a role is deleted, and deleting it again is a success',
    run: async (bench) => {
      const name = await madeRole(bench);
      for (let times = 0; times < 2; times++) equal((await apply(bench, change('iam:DeleteRole', name))).outcome, 'ok');
      await bench.settled(async () => equal(await observeRole(bench.clients, name), undefined));
    },
  },
  {
    id: 'iam/delete/with-policies',
    promise: 'a role with inline policies is not deleted',
    run: async (bench) => {
      const name = await madeRole(bench);
      const document = inlinePolicy();
      await apply(bench, change('iam:PutRolePolicy', name, { policyName: 'EcpPush', document }));
      await refused(bench, change('iam:DeleteRole', name), 'refused-by-aws');
      await seenRole(bench, name);
    },
  },
  {
    id: 'iam/not-there',
    promise: 'what is written on a role that is not there may succeed later: the role may be new',
    run: async (bench) => {
      const name = bench.roleName();
      await notYet(bench, change('iam:UpdateAssumeRolePolicy', name, trust(bench.settings)));
      await notYet(bench, change('iam:PutRolePolicy', name, { policyName: 'EcpPush', document: inlinePolicy() }));
    },
  },
  {
    id: 'iam/quotas',
    promise: 'the account tells how long a trust policy may be',
    run: async (bench) => {
      const size = await trustQuota(bench);
      ok(size >= 2_048 && size <= 8_192, `${size}`);
    },
  },
  {
    id: 'sts/forged-token',
    promise: 'a token that the issuer did not sign assumes no role',
    run: async (bench) => {
      const name = await madeRole(bench);
      const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
      const claims = {
        iss: `https://${bench.settings.oidcProvider}`,
        aud: 'sts.amazonaws.com',
        sub: 'repo:acme/app:ref:refs/heads/main',
      };
      const WebIdentityToken = `${part({ alg: 'RS256', kid: 'x' })}.${part({ ...claims, exp: 4_102_444_800 })}.${'A'.repeat(342)}`;
      const RoleArn = `arn:aws:iam::${bench.settings.accountId}:role${bench.settings.rolePath}${name}`;
      const error: unknown = await bench.sts
        .send(new AssumeRoleWithWebIdentityCommand({ RoleArn, RoleSessionName: 'forged', WebIdentityToken }))
        .then(
          () => fail('STS gave credentials for a forged token'),
          (one: unknown) => one,
        );
      if (error instanceof Error && error.name === 'AssertionError') throw error;
      ok(
        ['InvalidIdentityToken', 'InvalidIdentityTokenException', 'AccessDenied'].includes((error as Error).name),
        String(error),
      );
    },
  },
];

async function trustQuota({ clients }: AwsBench): Promise<number> {
  return (await readAccountQuotas(clients))?.trustPolicySize ?? fail('The account does not tell its quotas');
}
