/** What the suite runs against. */
export const TARGET_NAMES = ['embedded', 'moto', 'dynamodb-local', 'aws'] as const;
export type TargetName = (typeof TARGET_NAMES)[number];
