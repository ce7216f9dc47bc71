/** A partition of AWS: a world of its own, with its own accounts, ARNs and host names. */
export interface Partition {
  /** The first part of every ARN. */
  readonly id: PartitionId;
  /** What host names of services end with. */
  readonly dnsSuffix: string;
  /** The region that services of the whole partition, such as IAM, are in. */
  readonly globalRegion: string;
  /** The regions of the partition. */
  readonly regions: RegExp;
}

/** Id of a partition. */
export type PartitionId =
  | 'aws'
  | 'aws-cn'
  | 'aws-eusc'
  | 'aws-iso'
  | 'aws-iso-b'
  | 'aws-iso-e'
  | 'aws-iso-f'
  | 'aws-us-gov';

/**
 * All partitions, as AWS gives them to its SDKs; a test holds the table to the SDK's own.
 * @see https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
 * @see https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json
 */
export const PARTITIONS: readonly Partition[] = [
  {
    id: 'aws',
    dnsSuffix: 'amazonaws.com',
    globalRegion: 'us-east-1',
    regions: /^(?:us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-\d{1,2}$/,
  },
  { id: 'aws-cn', dnsSuffix: 'amazonaws.com.cn', globalRegion: 'cn-northwest-1', regions: /^cn-[a-z]+-\d{1,2}$/ },
  { id: 'aws-eusc', dnsSuffix: 'amazonaws.eu', globalRegion: 'eusc-de-east-1', regions: /^eusc-de-[a-z]+-\d{1,2}$/ },
  { id: 'aws-iso', dnsSuffix: 'c2s.ic.gov', globalRegion: 'us-iso-east-1', regions: /^us-iso-[a-z]+-\d{1,2}$/ },
  { id: 'aws-iso-b', dnsSuffix: 'sc2s.sgov.gov', globalRegion: 'us-isob-east-1', regions: /^us-isob-[a-z]+-\d{1,2}$/ },
  { id: 'aws-iso-e', dnsSuffix: 'cloud.adc-e.uk', globalRegion: 'eu-isoe-west-1', regions: /^eu-isoe-[a-z]+-\d{1,2}$/ },
  {
    id: 'aws-iso-f',
    dnsSuffix: 'csp.hci.ic.gov',
    globalRegion: 'us-isof-south-1',
    regions: /^us-isof-[a-z]+-\d{1,2}$/,
  },
  { id: 'aws-us-gov', dnsSuffix: 'amazonaws.com', globalRegion: 'us-gov-west-1', regions: /^us-gov-[a-z]+-\d{1,2}$/ },
];

/** The partition that a region lies in; `undefined` for what is no region. */
export function partitionOfRegion(region: string): Partition | undefined {
  return PARTITIONS.find(({ regions }) => regions.test(region));
}

/** What host names of a partition's services end with. */
export function dnsSuffixOf(id: PartitionId): string {
  return PARTITIONS.find((partition) => partition.id === id)?.dnsSuffix ?? 'amazonaws.com';
}
