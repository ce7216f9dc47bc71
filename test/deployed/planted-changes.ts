import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { EditedFiles } from './apply-module.ts';

/** A change of meaning that somebody could make in infra/, and the check that must then fail. */
export interface PlantedChange {
  /** What is wrong, in words. */
  readonly name: string;
  readonly file: string;
  /** Text that is in the file, and what stands there instead. */
  readonly from: string | RegExp;
  readonly to: string;
  /** The check that shows it. */
  readonly check: string;
}

const api = (name: string, from: string | RegExp, to: string, check: string): PlantedChange => ({
  name,
  file: 'api.tf',
  from,
  to,
  check,
});
const inFile =
  (file: string) =>
  (name: string, from: string | RegExp, to: string, check: string): PlantedChange => ({
    name,
    file,
    from,
    to,
    check,
  });
const executor = inFile('executor.tf');
const exporter = inFile('exporter.tf');
const tables = inFile('tables.tf');
const locals = inFile('locals.tf');
const bucket = inFile('audit-bucket.tf');
const alarms = inFile('alarms.tf');
const apiPolicy = inFile('policies/api.json.tftpl');
const executorPolicy = inFile('policies/executor.json.tftpl');
const exporterPolicy = inFile('policies/exporter.json.tftpl');

/** A statement of a policy's document, with the comma behind it. */
const statement = (sid: string): RegExp => new RegExp(`    \\{\\n      "Sid": "${sid}",[\\s\\S]*?\\n    \\},\\n`);

/** Each of them passes every check of the schema and of the plan that is not about this very thing. */
export const PLANTED_CHANGES: readonly PlantedChange[] = [
  // ---- Which code runs -------------------------------------------------------------------------------------------
  api('the API has the executor’s archive', /api\.zip/g, 'executor.zip', 'reads'),
  executor('the executor has the API’s archive', /executor\.zip/g, 'api.zip', 'department'),
  exporter('the exporter has the executor’s archive', /exporter\.zip/g, 'executor.zip', 'export'),
  api('the API’s handler has another name', 'index.handler', 'index.handle', 'reads'),
  executor('the executor’s handler is in another file', 'index.handler', 'main.handler', 'department'),
  exporter('the exporter’s handler has another name', 'index.handler', 'index.main', 'export'),
  api('the API’s time limit is a second', /timeout( +)= 29/, 'timeout$1= 1', 'limits'),
  executor('nothing is reserved for the executor', 'var.concurrency.executor', '0', 'limits'),

  // ---- The HTTP API ----------------------------------------------------------------------------------------------
  api('payload format 1.0', '"2.0"', '"1.0"', 'gateway'),
  api('the payload format is left to the provider', /  payload_format_version = "2.0"\n/, '', 'gateway'),
  api(
    'the API calls the function, not its alias',
    'aws_lambda_alias.api.invoke_arn',
    'aws_lambda_function.api.invoke_arn',
    'gateway',
  ),
  api('the API calls the executor', 'aws_lambda_alias.api.invoke_arn', 'aws_lambda_alias.executor.invoke_arn', 'reads'),
  api('no qualifier on the API’s permission', /  qualifier     = aws_lambda_alias.api.name\n/, '', 'gateway'),
  api('the permission is for another API', '.execution_arn}/*"', '.execution_arn}x/*"', 'gateway'),
  api('the permission is for another service', '"apigateway.amazonaws.com"', '"events.amazonaws.com"', 'gateway'),
  api('the route takes one path', '"$default"\n  target', '"GET /healthz"\n  target', 'reads'),
  api('the stage is not the default', /name        = "\$default"/, 'name        = "live"', 'reads'),
  api('what is changed is not deployed', 'auto_deploy = true', 'auto_deploy = false', 'gateway'),

  // ---- The doorbell ----------------------------------------------------------------------------------------------
  executor(
    'the doorbell hangs on the audit table',
    'aws_dynamodb_table.state.stream_arn',
    'aws_dynamodb_table.audit.stream_arn',
    'department',
  ),
  executor(
    'the doorbell rings the API',
    /(doorbell[\s\S]*?)aws_lambda_alias\.executor\.arn/,
    '$1aws_lambda_alias.api.arn',
    'department',
  ),
  executor('the doorbell’s filter wants another value', '"yes"', '"true"', 'department'),
  executor('the doorbell’s filter wants another item', '["DEPARTMENT"]', '["OPERATION"]', 'department'),
  executor('the doorbell’s filter looks at what was', 'NewImage = {', 'OldImage = {', 'department'),
  executor(
    'the doorbell is switched off',
    '  starting_position ',
    '  enabled                            = false\n  starting_position ',
    'department',
  ),
  executor('no failure destination', /  destination_config \{[\s\S]*?\n  \}\n/, '', 'dead-letters'),
  executor(
    'the failure destination is another queue',
    /(destination_arn = )aws_sqs_queue\.dead_letters/,
    '$1aws_sqs_queue.audit_changes',
    'dead-letters',
  ),

  // ---- The schedules ---------------------------------------------------------------------------------------------
  executor(
    'the sweep’s target is the API',
    /("sweep" \{\n  rule = .*\n  arn  = )aws_lambda_alias\.executor/,
    '$1aws_lambda_alias.api',
    'sweep',
  ),
  executor(
    'the sweep’s target is the function, not its alias',
    /("sweep" \{\n  rule = .*\n  arn  = )aws_lambda_alias\.executor/,
    '$1aws_lambda_function.executor',
    'sweep',
  ),
  executor(
    'the target hangs on the other rule',
    'rule = aws_cloudwatch_event_rule.sweep.name',
    'rule = aws_cloudwatch_event_rule.drift.name',
    'sweep',
  ),
  executor(
    'no qualifier on the sweep’s permission',
    /(statement_id  = "sweep"[\s\S]*?)  qualifier .*\n/,
    '$1',
    'sweep',
  ),
  executor(
    'the sweep’s permission is for the other rule',
    /source_arn    = aws_cloudwatch_event_rule\.sweep/,
    'source_arn    = aws_cloudwatch_event_rule.drift',
    'sweep',
  ),
  executor(
    'the sweep’s rule is disabled',
    /(schedule_expression = var\.sweep_schedule)/,
    '$1\n  state               = "DISABLED"',
    'sweep',
  ),
  executor('the look for drift is not asked for', /  input = .*\n/, '', 'drift'),
  executor('the look for drift is asked for in other words', 'look = "drift"', 'looks = "drift"', 'drift'),
  exporter(
    'the export’s target is the executor',
    'arn  = aws_lambda_alias.exporter[0].arn',
    'arn  = aws_lambda_alias.executor.arn',
    'export',
  ),
  exporter(
    'the export’s permission is for another service',
    '"events.amazonaws.com"',
    '"scheduler.amazonaws.com"',
    'export',
  ),

  // ---- The tables ------------------------------------------------------------------------------------------------
  tables('the state’s stream has keys alone', '"NEW_IMAGE"', '"KEYS_ONLY"', 'department'),
  tables('the audit’s stream does not show what was', '"NEW_AND_OLD_IMAGES"', '"NEW_IMAGE"', 'audit-changes'),
  tables('records expire by another attribute', '"expiresAt"', '"expires"', 'expiry'),
  tables('nothing expires', /(ttl \{[\s\S]*?enabled        = )true/, '$1false', 'expiry'),
  tables('an index is missing', /    "by-action" .*\n/, '', 'audit'),
  tables('an index has another key', /("by-subject" +)= "subject"/, '$1= "actor"', 'audit'),
  tables(
    'the keys of the state are exchanged',
    'hash_key                    = "pk"\n  range_key                   = "sk"',
    'hash_key                    = "sk"\n  range_key                   = "pk"',
    'department',
  ),
  alarms(
    'the pipe reads the state’s stream',
    'aws_dynamodb_table.audit.stream_arn',
    'aws_dynamodb_table.state.stream_arn',
    'audit-changes',
  ),
  alarms(
    'the pipe leads to the dead letters',
    'target      = aws_sqs_queue.audit_changes.arn',
    'target      = aws_sqs_queue.dead_letters.arn',
    'audit-changes',
  ),

  // ---- What the functions are told -------------------------------------------------------------------------------
  locals(
    'the state is looked for in the audit table',
    'ECP_STATE_TABLE          = aws_dynamodb_table.state.name',
    'ECP_STATE_TABLE          = aws_dynamodb_table.audit.name',
    'department',
  ),
  locals(
    'events are put into the state table',
    'ECP_AUDIT_TABLE          = aws_dynamodb_table.audit.name',
    'ECP_AUDIT_TABLE          = aws_dynamodb_table.state.name',
    'audit',
  ),
  locals(
    'the audience is STS’s',
    'ECP_AUDIENCE             = var.audience',
    'ECP_AUDIENCE             = var.sts_audience',
    'reads',
  ),
  locals(
    'another issuer',
    'ECP_ISSUER               = var.issuer',
    'ECP_ISSUER               = "${var.issuer}/octo"',
    'reads',
  ),
  locals(
    'another account',
    'ECP_ACCOUNT_ID           = local.account_id',
    'ECP_ACCOUNT_ID           = "111122223333"',
    'repository',
  ),
  locals(
    'another region',
    'ECP_REGION               = local.region',
    'ECP_REGION               = "eu-north-1"',
    'repository',
  ),
  locals(
    'another partition',
    'ECP_PARTITION            = local.partition',
    'ECP_PARTITION            = "aws-cn"',
    'repository',
  ),
  locals(
    'another boundary',
    'aws_iam_policy.push_role_boundary.arn',
    '"arn:aws:iam::aws:policy/ReadOnlyAccess"',
    'department',
  ),
  locals(
    'another path of push roles',
    'ECP_ROLE_PATH            = var.role_path',
    'ECP_ROLE_PATH            = "/push/"',
    'grant',
  ),
  locals(
    'the platform’s workflows under another name',
    '{ repositoryId = caller.repository_id }',
    '{ repository = caller.repository_id }',
    'reads',
  ),
  locals(
    'pull requests may change things',
    'join(",", var.mutation_events)',
    'join(",", concat(var.mutation_events, ["pull_request"]))',
    'waits',
  ),
  locals('pushes may not', 'join(",", var.mutation_events)', '"release"', 'department'),
  locals('roles are not pinned by id', 'join(",", var.sts_keys)', '"ref"', 'grant'),
  locals(
    'roles trust tokens for our own audience',
    'ECP_STS_AUDIENCE         = var.sts_audience',
    'ECP_STS_AUDIENCE         = var.audience',
    'grant',
  ),
  locals('the API does not wait', 'tostring(var.wait_milliseconds)', '"0"', 'waits'),
  exporter('exports go to another bucket', 'aws_s3_bucket.audit.bucket', '"${aws_s3_bucket.audit.bucket}-2"', 'export'),
  exporter('there is no bucket for exports', 'ECP_EXPORT_BUCKET ', 'EXPORT_BUCKET     ', 'export'),
  exporter(
    'exports are signed with the key of the data',
    'aws_kms_alias.signing[0].name',
    'aws_kms_alias.this.name',
    'export',
  ),
  exporter('exports are not signed', 'ECP_EXPORT_KMS_KEY ', 'ECP_EXPORT_KEY     ', 'export'),

  // ---- The bucket and the keys -----------------------------------------------------------------------------------
  exporter(
    'the signing key encrypts',
    '"SIGN_VERIFY"\n  customer_master_key_spec = "ECC_NIST_P256"',
    '"ENCRYPT_DECRYPT"\n  customer_master_key_spec = "SYMMETRIC_DEFAULT"',
    'export',
  ),
  exporter('the signing key is RSA', '"ECC_NIST_P256"', '"RSA_2048"', 'export'),
  exporter(
    'the signing alias leads to the key of the data',
    'aws_kms_key.signing[0].key_id',
    'aws_kms_key.this.key_id',
    'export',
  ),
  bucket('governance for compliance', 'var.audit_retention.mode', '"GOVERNANCE"', 'export'),
  bucket('kept for a day', 'days = var.audit_retention.days', 'days = 1', 'export'),
  bucket('nothing is locked', /  rule \{\n    default_retention \{[\s\S]*?\n    \}\n  \}\n/, '', 'export'),
  bucket('no versions are kept', '"Enabled"', '"Suspended"', 'export'),
  bucket(
    'encrypted with the bucket’s own key',
    '"aws:kms"\n      kms_master_key_id = aws_kms_key.this.arn',
    '"AES256"',
    'export',
  ),

  // ---- The rights ------------------------------------------------------------------------------------------------
  api(
    'the API has the exporter’s role',
    'role                           = aws_iam_role.api.arn',
    'role                           = aws_iam_role.exporter[0].arn',
    'department',
  ),
  executor(
    'the executor has the API’s role',
    'role                           = aws_iam_role.executor.arn',
    'role                           = aws_iam_role.api.arn',
    'department',
  ),
  exporter(
    'the exporter has the API’s role',
    'role                           = aws_iam_role.exporter[0].arn',
    'role                           = aws_iam_role.api.arn',
    'export',
  ),
  api(
    'the API’s policy hangs on the executor’s role',
    'role   = aws_iam_role.api.name',
    'role   = aws_iam_role.executor.name',
    'department',
  ),
  apiPolicy('the API may not query', '"dynamodb:PutItem", "dynamodb:Query"]', '"dynamodb:PutItem"]', 'audit'),
  apiPolicy(
    'the API may not read an item',
    '"dynamodb:GetItem",\n        "dynamodb:PutItem"',
    '"dynamodb:PutItem"',
    'department',
  ),
  apiPolicy('the API’s state is another table', '${name}-state"', '${name}-states"', 'department'),
  apiPolicy('the API may not use the indexes', statement('EcpAuditIndexes'), '', 'audit'),
  apiPolicy(
    'the API may not append',
    '["dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:Query"]',
    '["dynamodb:BatchGetItem", "dynamodb:Query"]',
    'department',
  ),
  apiPolicy(
    'the API may do what nobody denied',
    '"Sid": "EcpNothingElse",\n      "Effect": "Deny"',
    '"Sid": "EcpNothingElse",\n      "Effect": "Allow"',
    'roles',
  ),
  executorPolicy(
    'the executor may not update',
    '"dynamodb:Query",\n        "dynamodb:UpdateItem"',
    '"dynamodb:Query"',
    'department',
  ),
  executorPolicy('the executor may not append', statement('EcpAudit'), '', 'department'),
  executorPolicy('the executor may make no role', '"iam:CreateRole", "iam:TagRole"]', '"iam:TagRole"]', 'department'),
  executorPolicy(
    'the executor may write no role’s policy',
    '"iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"]',
    '"iam:UpdateAssumeRolePolicy"]',
    'grant',
  ),
  executorPolicy(
    'the executor may change no trust',
    '"iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"]',
    '"iam:PutRolePolicy"]',
    'grant',
  ),
  executorPolicy('the executor may see no role', statement('EcpSeeRoles'), '', 'drift'),
  executorPolicy(
    'the executor may make no repository',
    '"ecr:CreateRepository", "ecr:TagResource"]',
    '"ecr:TagResource"]',
    'repository',
  ),
  executorPolicy(
    'the executor may open no repository',
    ',\n        "ecr:SetRepositoryPolicy"\n      ],\n      "Resource": "arn:',
    '\n      ],\n      "Resource": "arn:',
    'repository',
  ),
  executorPolicy('the executor may delete no repository', /"ecr:DeleteRepository",\n/, '', 'dry-run'),
  executorPolicy('the executor’s repositories need not be marked', statement('EcpNewOnesAreMarked'), '', 'roles'),
  executorPolicy('the executor’s repositories need no department', statement('EcpNewOnesHaveADepartment'), '', 'roles'),
  executorPolicy('the executor’s repositories may have other tags', statement('EcpNoOtherTags'), '', 'roles'),
  exporterPolicy('the exporter may put nothing', statement('EcpNewObjects'), '', 'export'),
  exporterPolicy('the exporter’s bucket is another', /("Sid": "EcpNewObjects"[\s\S]*?)-audit-/, '$1-audits-', 'export'),
  exporterPolicy('the exporter may not sign', '["kms:Sign", "kms:Verify"]', '["kms:Verify"]', 'export'),
  exporterPolicy('the exporter may not look at what is there', statement('EcpWhatIsThere'), '', 'export'),
  exporterPolicy('the exporter may not read the log', statement('EcpAudit'), '', 'export'),
  inFile('policies/audit-table.json.tftpl')(
    'anybody may append to the log',
    '"EcpOnlyTheServiceAppends",\n      "Effect": "Deny"',
    '"EcpOnlyTheServiceAppends",\n      "Effect": "Allow"',
    'tables',
  ),
  inFile('policies/audit-table.json.tftpl')(
    'the log may be changed by batch',
    '"dynamodb:BatchWriteItem",\n',
    '',
    'tables',
  ),
];

/** The file with the change in it. @throws Error where the text is no longer there */
export function editedBy({ name, file, from, to }: PlantedChange): EditedFiles {
  const text = readFileSync(fileURLToPath(new URL(`../../infra/${file}`, import.meta.url)), 'utf8');
  const changed = typeof from === 'string' ? text.replace(from, () => to) : text.replace(from, to);
  if (changed === text) throw new Error(`Nothing of ${file} is changed by: ${name}.`);
  return { [file]: changed };
}
