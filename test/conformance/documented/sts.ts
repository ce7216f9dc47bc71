import { iamError, pageOf, shows, VALIDATION_ERROR, type Asked, type Documented, type Known, type Row } from './row.ts';

const ACCOUNT = '111122223333';
const HOST = 'token.actions.githubusercontent.com';
const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/push`;
const HOUR = 3_600_000;

function ask(operation: string, input: object = {}): Asked {
  return { service: 'sts', operation, input };
}

const PROVIDER: Asked = {
  service: 'iam',
  operation: 'CreateOpenIDConnectProvider',
  input: { Url: `https://${HOST}`, ClientIDList: ['sts.amazonaws.com'] },
};
const ROLE: Asked = {
  service: 'iam',
  operation: 'CreateRole',
  input: {
    RoleName: 'push',
    AssumeRolePolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/${HOST}` },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: {
            StringEquals: {
              [`${HOST}:aud`]: 'sts.amazonaws.com',
              [`${HOST}:sub`]: 'repo:acme/app:ref:refs/heads/main',
            },
          },
        },
      ],
    }),
  },
};
const READY = [PROVIDER, ROLE];

function row(what: string, operation: string, input: object, answer: Documented): Row {
  return {
    id: `sts/${operation}: ${what}`,
    given: [],
    call: ask(operation, input),
    answer,
    page: pageOf('sts', operation),
  };
}

/** A row about AssumeRoleWithWebIdentity: its token, and what else is in the request. */
function withToken(
  what: string,
  token: (known: Known) => Promise<string>,
  answer: Documented,
  more: object = {},
  given: Row['given'] = READY,
): Row {
  const operation = 'AssumeRoleWithWebIdentity';
  return {
    ...row(what, operation, {}, answer),
    given,
    call: async (known) =>
      ask(operation, { RoleArn: ROLE_ARN, RoleSessionName: 'run-1', WebIdentityToken: await token(known), ...more }),
  };
}

const INVALID_TOKEN: Documented = { code: 'InvalidIdentityToken', status: 400 };
const MALFORMED = iamError('MalformedPolicyDocument');
/** @see https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html */
const ACCESS_DENIED: Documented = { code: 'AccessDenied', status: 403 };
const CREDENTIALS = { AccessKeyId: /^ASIA/, SecretAccessKey: String, SessionToken: String, Expiration: String };

/** STS's rows. */
export const STS_ROWS: readonly Row[] = [
  row(
    'of the account itself',
    'GetCallerIdentity',
    {},
    shows({
      Account: ACCOUNT,
      Arn: `arn:aws:iam::${ACCOUNT}:root`,
      UserId: ACCOUNT,
    }),
  ),
  withToken(
    'that the role trusts',
    ({ token }) => token(),
    shows({
      Credentials: CREDENTIALS,
      SubjectFromWebIdentityToken: 'repo:acme/app:ref:refs/heads/main',
      AssumedRoleUser: { Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/push/run-1`, AssumedRoleId: /^AROA\w+:run-1$/ },
      Provider: `arn:aws:iam::${ACCOUNT}:oidc-provider/${HOST}`,
      Audience: 'sts.amazonaws.com',
    }),
  ),
  withToken(
    'whose subject the role does not trust',
    ({ token }) => token({ sub: 'repo:evil/app:ref:refs/heads/main' }),
    ACCESS_DENIED,
  ),
  withToken('for a role that is not there', ({ token }) => token(), ACCESS_DENIED, { RoleArn: `${ROLE_ARN}er` }),
  withToken('that is none', async () => 'nonsense', INVALID_TOKEN),
  withToken(
    'whose signature was changed',
    async ({ token }) => `${(await token()).split('.').slice(0, 2).join('.')}.AAAA`,
    INVALID_TOKEN,
  ),
  withToken('of an issuer that the account has no provider for', ({ token }) => token(), INVALID_TOKEN, {}, []),
  withToken('for an audience that the provider does not list', ({ token }) => token({ aud: 'other' }), INVALID_TOKEN),
  withToken('that has expired', ({ token }) => token({}, new Date(Date.now() - HOUR)), {
    code: 'ExpiredTokenException',
    status: 400,
  }),
  withToken('for a minute', ({ token }) => token(), VALIDATION_ERROR, { DurationSeconds: 60 }),
  withToken('for longer than the role allows', ({ token }) => token(), VALIDATION_ERROR, { DurationSeconds: 7200 }),
  withToken('with a session name of one letter', ({ token }) => token(), VALIDATION_ERROR, { RoleSessionName: 'r' }),
  withToken('with a session policy that is none', ({ token }) => token(), MALFORMED, { Policy: '{}' }),
  row(
    'of a role that does not trust the account',
    'AssumeRole',
    { RoleArn: ROLE_ARN, RoleSessionName: 'run-1' },
    ACCESS_DENIED,
  ),
  row('of an access key', 'GetAccessKeyInfo', { AccessKeyId: 'AKIAIOSFODNN7EXAMPLE' }, shows({ Account: /^\d{12}$/ })),
  row(
    'of what is none',
    'DecodeAuthorizationMessage',
    { EncodedMessage: 'nonsense' },
    {
      code: 'InvalidAuthorizationMessageException',
      status: 400,
    },
  ),
  row('for the account itself', 'GetSessionToken', {}, shows({ Credentials: CREDENTIALS })),
];
