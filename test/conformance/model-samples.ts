/** Values that fit shapes of AWS's API models whose patterns are not obvious, by the shape's name; `iam.` before it for one service. */
export const SAMPLES: Readonly<Record<string, unknown>> = {
  RegistryId: '111122223333',
  RepositoryName: 'koa/app',
  UploadId: '00000000-0000-0000-0000-000000000000',
  LayerDigest: `sha256:${'a'.repeat(64)}`,
  LifecyclePolicyText: 'x'.repeat(100),
  pathType: '/ecp/',
  pathPrefixType: '/ecp/',
  policyPathType: '/ecp/',
  arnType: 'arn:aws:iam::111122223333:role/app',
  policyVersionIdType: 'v1',
  tokenCodeType: '123456',
  roleSessionNameType: 'run-1',
};
