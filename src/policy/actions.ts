/** The actions by which a client pulls an image. */
export const PULL_ACTIONS = [
  'ecr:BatchCheckLayerAvailability',
  'ecr:BatchGetImage',
  'ecr:GetDownloadUrlForLayer',
] as const;

/**
 * The actions by which a client pushes an image: pulling (a push looks for the layers and the tag that are there) and
 * uploading.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
 */
export const PUSH_ACTIONS = [
  ...PULL_ACTIONS,
  'ecr:CompleteLayerUpload',
  'ecr:InitiateLayerUpload',
  'ecr:PutImage',
  'ecr:UploadLayerPart',
] as const;

/** The action by which docker gets its password; it knows no resource but `*`. */
export const LOGIN_ACTION = 'ecr:GetAuthorizationToken';

/** The only action of a push role's trust policy. `sts:TagSession` is missing on purpose: a session tag could replace `ecp:department`. */
export const ASSUME_ACTION = 'sts:AssumeRoleWithWebIdentity';
