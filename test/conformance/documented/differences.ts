/** Where the embedded AWS does not answer as AWS documents. */
export interface Disagreement {
  /** The rows of the table of documented answers that it is about. */
  readonly rows: readonly string[];
  /** What AWS does. */
  readonly aws: string;
  /** What the embedded AWS does. */
  readonly here: string;
}

const NOT_OFFERED_ECR = 'does not offer it: `UnknownOperationException`';
const NOT_OFFERED = 'does not offer it: `InvalidAction`';

/** Every disagreement that is known; docs/local-differences.md shows the same. */
export const DISAGREEMENTS: readonly Disagreement[] = [
  {
    rows: [
      'ecr/GetLifecyclePolicyPreview: of one that has none',
      'ecr/StartLifecyclePolicyPreview: of one that has none',
    ],
    aws: 'shows what a lifecycle policy would do',
    here: NOT_OFFERED_ECR,
  },
  {
    rows: [
      'ecr/StartImageScan: of an image that is not there',
      'ecr/DescribeImageScanFindings: of an image that was never scanned',
    ],
    aws: 'scans images',
    here: NOT_OFFERED_ECR,
  },
  {
    rows: ['iam/SimulateCustomPolicy: of an action that a policy denies'],
    aws: 'simulates policies that nobody has',
    here: NOT_OFFERED,
  },
  {
    rows: ['sts/GetAccessKeyInfo: of an access key', 'sts/DecodeAuthorizationMessage: of what is none'],
    aws: 'tells of keys and refusals',
    here: NOT_OFFERED,
  },
];

/** A disagreement as docs/local-differences.md shows it. */
export function lineOf({ rows, aws, here }: Disagreement): string {
  return `| ${rows.map((row) => `\`${row}\``).join(', ')} | ${aws} | ${here} |`;
}
