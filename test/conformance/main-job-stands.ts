/**
 * What the main job must leave in AWS, written out by hand: the run's names are `RUN`, its operations `OPERATION`, its account
 * 111122223333, its region eu-west-1.
 */
const TAGS = { 'ecp:department': 'koa', 'ecp:managed-by': 'ecr-control-plane', 'ecp:operation': 'OPERATION' };

const REPOSITORY = {
  name: 'RUN-job/giftcard-service',
  tags: TAGS,
  imageTagMutability: 'MUTABLE',
  imageTagMutabilityExclusionFilters: [],
  scanOnPush: true,
  encryption: { encryptionType: 'AES256' },
  policy: {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'EcpPull',
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::111122223333:root' },
        Action: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      },
    ],
  },
};

const ROLE = {
  name: 'RUN-job-koa',
  path: '/ecp-conformance/',
  tags: TAGS,
  boundaryArn: 'arn:aws:iam::111122223333:policy/ecp-conformance/RUN-boundary',
  maxSessionSeconds: 3600,
  inlinePolicies: {
    EcpPush: {
      Version: '2012-10-17',
      Statement: [
        { Sid: 'EcpLogin', Effect: 'Allow', Action: 'ecr:GetAuthorizationToken', Resource: '*' },
        {
          Sid: 'EcpPush',
          Effect: 'Allow',
          Action: [
            'ecr:BatchCheckLayerAvailability',
            'ecr:BatchGetImage',
            'ecr:GetDownloadUrlForLayer',
            'ecr:CompleteLayerUpload',
            'ecr:InitiateLayerUpload',
            'ecr:PutImage',
            'ecr:UploadLayerPart',
          ],
          Resource: 'arn:aws:ecr:eu-west-1:111122223333:repository/*',
          Condition: { StringEquals: { 'aws:ResourceTag/ecp:department': 'koa' } },
        },
      ],
    },
  },
};

const TRUSTED = {
  Principal: { Federated: 'arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com' },
  Action: 'sts:AssumeRoleWithWebIdentity',
};

/** What stands in AWS while the grant does. */
export const STANDS_AFTER_GRANT = {
  'RUN-job/giftcard-service': REPOSITORY,
  'RUN-job-koa': {
    ...ROLE,
    trustPolicy: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          ...TRUSTED,
          Condition: {
            StringEquals: {
              'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
              'token.actions.githubusercontent.com:repository_id': '695623862',
            },
            StringLike: {
              'token.actions.githubusercontent.com:sub': [
                'repo:JPPOL-KOA/*:environment:*',
                'repo:JPPOL-KOA/*:ref:refs/heads/*',
                'repo:JPPOL-KOA/*:ref:refs/tags/*',
                'repo:JPPOL-KOA@596181988/*:environment:*',
                'repo:JPPOL-KOA@596181988/*:ref:refs/heads/*',
                'repo:JPPOL-KOA@596181988/*:ref:refs/tags/*',
              ],
            },
          },
        },
      ],
    },
  },
};

/** What stands once it is revoked: the role keeps its ARN, and nobody may assume it. */
export const STANDS_AFTER_REVOKE = {
  'RUN-job/giftcard-service': REPOSITORY,
  'RUN-job-koa': {
    ...ROLE,
    trustPolicy: {
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'EcpNoGrants',
          Effect: 'Deny',
          ...TRUSTED,
          Condition: { StringLike: { 'token.actions.githubusercontent.com:sub': 'repo:*' } },
        },
      ],
    },
  },
};
