/** What the emulator lets pass that AWS would not, or does not do that AWS does, so that a running system on it shows nothing of it. */
export interface WronglyAllowed {
  readonly what: string;
  /** What holds it instead. */
  readonly held: string;
}

const PERMISSIONS = 'test/infra/permissions.test.ts';
const PLANNED = 'the planned values that infra/tests look at';

export const WRONGLY_ALLOWED: readonly WronglyAllowed[] = [
  {
    what: 'API Gateway and EventBridge call a function that does not permit it',
    held: 'the checks gateway, sweep, drift and export, which read the policy of what is called',
  },
  {
    what: 'a function runs with a role that does not trust Lambda, and pipes with one that does not trust them',
    held: PERMISSIONS,
  },
  {
    what: 'the doorbell is read and dead letters are sent without the executor’s rights to the stream and the queue',
    held: PERMISSIONS,
  },
  { what: 'tables, queues and logs are encrypted without any right to the key', held: PERMISSIONS },
  {
    what: 'dynamodb:LeadingKeys is not given to the evaluation: the API may take leases and update more than its counts of refusals, the exporter may write other chains',
    held: PERMISSIONS,
  },
  { what: 'the resource policy of a table is kept and not evaluated', held: `the check tables, and ${PERMISSIONS}` },
  {
    what: 'roles without the boundary, and roles and repositories that are not ours, may be changed: see what is relaxed',
    held: PERMISSIONS,
  },
  {
    what: 'STS believes a web identity token without looking at its signature, and knows of its claims only aud, sub and amr',
    held: 'the embedded STS, in form a to c of the acceptance suite',
  },
  {
    what: 'a batch item failure that the executor reports is taken for success; a failing batch is given up by its age alone',
    held: `${PLANNED}; the sweep does the rest`,
  },
  { what: 'a pipe from a table to a queue delivers nothing, and its filter is forgotten', held: PLANNED },
  { what: 'throttling, tracing, log groups and their retention have no effect', held: PLANNED },
  {
    what: 'reserved concurrency has no effect on a function that is called by its alias, not even zero',
    held: 'the check limits, which reads it',
  },
  {
    what: 'a request is handed on in payload format 2.0, whatever the integration says',
    held: 'the check gateway, which reads what it says',
  },
  { what: 'alarms and the dashboard are not created', held: PLANNED },
];
