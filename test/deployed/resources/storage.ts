import {
  CreateAliasCommand,
  CreateKeyCommand,
  EnableKeyRotationCommand,
  type KeySpec,
  type KeyUsageType,
} from '@aws-sdk/client-kms';
import {
  CreateBucketCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectLockConfigurationCommand,
  PutPublicAccessBlockCommand,
  type BucketLocationConstraint,
  type BucketVersioningStatus,
  type ExpirationStatus,
  type ObjectLockRetentionMode,
  type ObjectOwnership,
  type ServerSideEncryption,
  type TransitionStorageClass,
} from '@aws-sdk/client-s3';
import { must, where, type Row } from './row.ts';

const key: Row = async (given, { clients: { kms }, relax }) => {
  const policy = given.maybeText('policy');
  // How long a key that is to be deleted waits: nothing is deleted here.
  given.leaveOut('deletion_window_in_days');
  const { KeyMetadata } = await kms.send(
    new CreateKeyCommand({
      KeyUsage: (given.maybeText('key_usage') ?? 'ENCRYPT_DECRYPT') as KeyUsageType,
      KeySpec: (given.maybeText('customer_master_key_spec') ?? 'SYMMETRIC_DEFAULT') as KeySpec,
      ...where('Description', given.maybeText('description')),
      ...where('Policy', policy === undefined ? undefined : relax('aws_kms_key', policy)),
      Tags: Object.entries(given.map('tags')).map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
    }),
  );
  const id = must(KeyMetadata?.KeyId, 'KeyId');
  if (given.flag('enable_key_rotation')) await kms.send(new EnableKeyRotationCommand({ KeyId: id }));
  return { id, key_id: id, arn: must(KeyMetadata?.Arn, 'Arn') };
};

const keyAlias: Row = async (given, { clients: { kms }, region, accountId }) => {
  const name = given.text('name');
  await kms.send(new CreateAliasCommand({ AliasName: name, TargetKeyId: given.text('target_key_id') }));
  return { id: name, arn: `arn:aws:kms:${region}:${accountId}:${name}` };
};

const bucket: Row = async (given, { clients: { s3 }, region }) => {
  const name = given.text('bucket');
  await s3.send(
    new CreateBucketCommand({
      Bucket: name,
      ObjectLockEnabledForBucket: given.flag('object_lock_enabled'),
      CreateBucketConfiguration: { LocationConstraint: region as BucketLocationConstraint },
    }),
  );
  given.leaveOut('tags');
  return { id: name, arn: `arn:aws:s3:::${name}` };
};

const versioning: Row = async (given, { clients: { s3 } }) => {
  const name = given.text('bucket');
  const Status = must(given.block('versioning_configuration'), 'versioning').text('status') as BucketVersioningStatus;
  await s3.send(new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration: { Status } }));
  return { id: name };
};

const objectLock: Row = async (given, { clients: { s3 } }) => {
  const name = given.text('bucket');
  const retention = given.block('rule')?.block('default_retention');
  await s3.send(
    new PutObjectLockConfigurationCommand({
      Bucket: name,
      ObjectLockConfiguration: {
        ObjectLockEnabled: 'Enabled',
        ...(retention === undefined
          ? {}
          : {
              Rule: {
                DefaultRetention: {
                  Mode: retention.text('mode') as ObjectLockRetentionMode,
                  ...where('Days', retention.maybeNumber('days')),
                },
              },
            }),
      },
    }),
  );
  return { id: name };
};

const publicAccessBlock: Row = async (given, { clients: { s3 } }) => {
  const name = given.text('bucket');
  await s3.send(
    new PutPublicAccessBlockCommand({
      Bucket: name,
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: given.flag('block_public_acls'),
        BlockPublicPolicy: given.flag('block_public_policy'),
        IgnorePublicAcls: given.flag('ignore_public_acls'),
        RestrictPublicBuckets: given.flag('restrict_public_buckets'),
      },
    }),
  );
  return { id: name };
};

const ownership: Row = async (given, { clients: { s3 } }) => {
  const name = given.text('bucket');
  const Rules = given
    .blocks('rule')
    .map((rule) => ({ ObjectOwnership: rule.text('object_ownership') as ObjectOwnership }));
  await s3.send(new PutBucketOwnershipControlsCommand({ Bucket: name, OwnershipControls: { Rules } }));
  return { id: name };
};

const encryption: Row = async (given, { clients: { s3 } }) => {
  const name = given.text('bucket');
  const Rules = given.blocks('rule').map((rule) => {
    const by = must(rule.block('apply_server_side_encryption_by_default'), 'encryption');
    return {
      BucketKeyEnabled: rule.flag('bucket_key_enabled'),
      ApplyServerSideEncryptionByDefault: {
        SSEAlgorithm: by.text('sse_algorithm') as ServerSideEncryption,
        ...where('KMSMasterKeyID', by.maybeText('kms_master_key_id')),
      },
    };
  });
  await s3.send(new PutBucketEncryptionCommand({ Bucket: name, ServerSideEncryptionConfiguration: { Rules } }));
  return { id: name };
};

const lifecycle: Row = async (given, { clients: { s3 } }) => {
  const name = given.text('bucket');
  const Rules = given.blocks('rule').map((rule) => {
    // An empty filter, which is every object.
    rule.leaveOut('filter');
    const noncurrent = rule.block('noncurrent_version_expiration')?.maybeNumber('noncurrent_days');
    const abort = rule.block('abort_incomplete_multipart_upload')?.maybeNumber('days_after_initiation');
    return {
      ID: rule.text('id'),
      Status: rule.text('status') as ExpirationStatus,
      Filter: { Prefix: '' },
      Transitions: rule.blocks('transition').map((one) => ({
        ...where('Days', one.maybeNumber('days')),
        StorageClass: one.text('storage_class') as TransitionStorageClass,
      })),
      ...(noncurrent === undefined ? {} : { NoncurrentVersionExpiration: { NoncurrentDays: noncurrent } }),
      ...(abort === undefined ? {} : { AbortIncompleteMultipartUpload: { DaysAfterInitiation: abort } }),
    };
  });
  await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket: name, LifecycleConfiguration: { Rules } }));
  return { id: name };
};

const bucketPolicy: Row = async (given, { clients: { s3 }, relax }) => {
  const name = given.text('bucket');
  await s3.send(
    new PutBucketPolicyCommand({ Bucket: name, Policy: relax('aws_s3_bucket_policy', given.text('policy')) }),
  );
  return { id: name };
};

/** The resource types of S3 and KMS. */
export const STORAGE: Readonly<Record<string, Row>> = {
  aws_kms_key: key,
  aws_kms_alias: keyAlias,
  aws_s3_bucket: bucket,
  aws_s3_bucket_versioning: versioning,
  aws_s3_bucket_object_lock_configuration: objectLock,
  aws_s3_bucket_public_access_block: publicAccessBlock,
  aws_s3_bucket_ownership_controls: ownership,
  aws_s3_bucket_server_side_encryption_configuration: encryption,
  aws_s3_bucket_lifecycle_configuration: lifecycle,
  aws_s3_bucket_policy: bucketPolicy,
};
