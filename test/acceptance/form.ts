import type { AwsClients } from '../../src/aws/clients.ts';
import type { Config } from '../../src/config/config.ts';
import type { Job } from '../../src/local/github/job.ts';
import type { HttpAnswer, HttpRequest } from './http.ts';
import type { OnDemandReport } from './imports-on-demand.ts';

/** The forms in which the service runs, by the letter that `--form` takes. */
export const FORMS = {
  a: 'source',
  b: 'npm start',
  c: 'bundles',
  d: 'deployed',
  e: 'moto',
} as const;

/** The letter of a form. */
export type FormLetter = keyof typeof FORMS;

/** Objects in the export's bucket, by their keys in it. */
export type Bucket = ReadonlyMap<string, Buffer>;

/**
 * One form in which the service runs, as the acceptance suite reaches it: from outside, as a caller, an operator and the account's
 * administrator do. A form is started empty: no department, an AWS account with the OIDC provider and the boundary in it.
 *
 * A new form is a {@link StartForm} in `forms/`, with a letter in {@link FORMS} and its start in `scripts/acceptance.ts`. The suite plays
 * against it unchanged; what it cannot show is told by {@link Form.notApplicable}, with a reason that the table prints. What was
 * answered and loaded is counted by the suite, so that a form has no list to keep.
 */
export interface Form {
  readonly letter: FormLetter;
  /** The settings that the service was started with. */
  readonly config: Config;
  /** Asks the API: the request goes out as it is written, and the answer is read as it comes. */
  readonly send: (request: HttpRequest) => Promise<HttpAnswer>;
  /** A token of the issuer that the service trusts, for its own audience unless another is named. */
  readonly token: (job: Job, audience?: string) => Promise<string>;
  /** Runs the nightly export, with a bucket and a signing key; answers what the exporter answers. */
  readonly runExporter: () => Promise<unknown>;
  /** Everything in the bucket. */
  readonly bucket: () => Promise<Bucket>;
  /** The public half of the key that signs the exports, as PEM. */
  readonly exportKey: () => Promise<string>;
  /** Hands the executor an event, such as its schedule's or the daily look for drift; answers what it answers. */
  readonly runExecutor: (event: unknown) => Promise<unknown>;
  /** Clients for ECR and IAM with the rights of the account's administrator. */
  readonly aws: AwsClients;
  /** Where ECR, IAM and STS answer. */
  readonly awsEndpoint: string;
  /** Why a check cannot be played in this form, or what it would count cannot be seen; the title is the check's. */
  readonly notApplicable: (title: string) => string | undefined;
  /** Which imports on demand its code has, and which of them were really executed; asked for at the end. */
  readonly importsOnDemand: () => Promise<OnDemandReport>;
  readonly close: () => Promise<void>;
}

/** Starts a form. */
export type StartForm = () => Promise<Form>;
