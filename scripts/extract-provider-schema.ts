/**
 * Makes infra/schema/aws-provider.json: the AWS provider's schema of the resources that infra/ uses, taken from the
 * package `@cdktn/provider-aws`, whose classes are generated from the schema of one provider release.
 *
 * The package is 476 MB unpacked, so nothing depends on it: install it outside the checkout, extract, throw it away.
 *
 *     dir=$(mktemp -d) && npm install --prefix "$dir" --ignore-scripts --legacy-peer-deps @cdktn/provider-aws@25.7.0
 *     node --import=tsx scripts/extract-provider-schema.ts "$dir/node_modules/@cdktn/provider-aws"
 *     rm -r "$dir"
 *
 * What its classes do not say is not in the schema either: counts above one, sensitive, deprecated, enumerations, and
 * which arguments exclude each other.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AttributeSchema, BlockSchema, NestedBlockSchema, ProviderSchema } from './provider-schema.ts';

const RESOURCES = `
  apigatewayv2_api apigatewayv2_api_mapping apigatewayv2_domain_name apigatewayv2_integration apigatewayv2_route apigatewayv2_stage
  cloudwatch_dashboard cloudwatch_event_rule cloudwatch_event_target cloudwatch_log_group cloudwatch_log_metric_filter
  cloudwatch_log_resource_policy cloudwatch_metric_alarm
  dynamodb_resource_policy dynamodb_table
  iam_openid_connect_provider iam_policy iam_role iam_role_policy iam_role_policy_attachment
  kms_alias kms_key kms_key_policy
  lambda_alias lambda_event_source_mapping lambda_function lambda_function_event_invoke_config lambda_permission
  pipes_pipe
  route53_record
  s3_bucket s3_bucket_lifecycle_configuration s3_bucket_logging s3_bucket_object_lock_configuration s3_bucket_ownership_controls
  s3_bucket_policy s3_bucket_public_access_block s3_bucket_server_side_encryption_configuration s3_bucket_versioning
  scheduler_schedule
  sns_topic sns_topic_policy sns_topic_subscription
  sqs_queue sqs_queue_policy
`
  .trim()
  .split(/\s+/);

const DATA_SOURCES = ['caller_identity', 'iam_openid_connect_provider', 'iam_policy_document', 'partition', 'region'];

const [packageFolder] = process.argv.slice(2);
if (packageFolder === undefined)
  throw new Error('Say where @cdktn/provider-aws is unpacked; see the top of this file.');

const schema: ProviderSchema = {
  source: `@cdktn/provider-aws ${versionOf(packageFolder)} (MPL-2.0, https://github.com/cdktn-io/cdktn-provider-aws)`,
  provider: providerVersionOf(packageFolder),
  license: 'MPL-2.0: this file is extracted from the package named in "source" by scripts/extract-provider-schema.ts.',
  configuration: configurationBlock(),
  resources: Object.fromEntries(RESOURCES.map((name) => [`aws_${name}`, blockOf(name.replaceAll('_', '-'))])),
  dataSources: Object.fromEntries(
    DATA_SOURCES.map((name) => [`aws_${name}`, blockOf(`data-aws-${name.replaceAll('_', '-')}`)]),
  ),
};
const text = JSON.stringify(schema, undefined, 1);
writeFileSync('infra/schema/aws-provider.json', `${text}\n`);
console.log(
  `${RESOURCES.length} resources and ${DATA_SOURCES.length} data sources, ${Math.round(text.length / 1000)} KB`,
);

function versionOf(folder: string): string {
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
}

function providerVersionOf(folder: string): string {
  const declarations = readFileSync(join(folder, 'lib/sqs-queue/index.d.ts'), 'utf8');
  const version = /providers\/hashicorp\/aws\/(\d+\.\d+\.\d+)\//.exec(declarations)?.[1];
  if (version === undefined) throw new Error('The declarations no longer name the provider release.');
  return version;
}

/** The generated code of one class, by the class's name. */
function blockOf(folder: string): BlockSchema {
  const code = codeOf(folder);
  const classes = new Map<string, { readonly base: string; readonly body: string }>();
  for (const found of code.matchAll(/^class (\w+) extends cdktn\.(\w+) \{\n(.*?)^\}/gms)) {
    classes.set(found[1] ?? '', { base: found[2] ?? '', body: found[3] ?? '' });
  }
  const root = [...classes].find(([, { base }]) => base.startsWith('Terraform'));
  if (root === undefined) throw new Error(`${folder} has no class of a resource.`);
  return readBlock(classes, root[0]);
}

function codeOf(folder: string): string {
  return readFileSync(join(packageFolder ?? '', 'lib', folder, 'index.js'), 'utf8').replace(
    /\n\/\/# sourceMappingURL.*/s,
    '',
  );
}

/** The provider's own block. Its arguments are all optional, and its class has no output to read the types from. */
function configurationBlock(): BlockSchema {
  const code = codeOf('provider');
  const block = (body: string): BlockSchema => {
    const attributes: Record<string, AttributeSchema> = {};
    const blocks: Record<string, NestedBlockSchema> = {};
    for (const [, name = '', value = '', isBlock, type, storage = ''] of body.matchAll(
      /^ +(\w+): \{\s+value: (.*),\s+isBlock: (\w+),\s+type: "(\w+)",\s+storageClassType: "(\w+)",/gm,
    )) {
      // The endpoints are one argument for each of AWS's services, and nobody's here; the alias is Terraform's own.
      if (name === 'endpoints' || name === 'alias') continue;
      const inner = /(\w+ToHclTerraform)[(,)]/.exec(value.replace(/cdktn\.\w+/g, ''))?.[1];
      if (isBlock === 'true')
        blocks[name] = {
          nesting: 'list',
          ...(name === 'assume_role' ? {} : { max: 1 }),
          ...block(functionBody(code, inner ?? '')),
        };
      else attributes[name] = `optional ${type === 'simple' ? storage.replace('boolean', 'bool') : `${type}(string)`}`;
    }
    return { attributes, ...(Object.keys(blocks).length === 0 ? {} : { blocks }) };
  };
  return block(code.slice(code.indexOf('synthesizeHclAttributes()')));
}

function functionBody(code: string, name: string): string {
  const from = code.indexOf(`function ${name}(`);
  if (from < 0) throw new Error(`The provider's code has no ${name}.`);
  return code.slice(from, code.indexOf('\n}\n', from));
}

type Classes = ReadonlyMap<string, { readonly base: string; readonly body: string }>;

function readBlock(classes: Classes, name: string): BlockSchema {
  const body = classes.get(name)?.body ?? '';
  const attributes: Record<string, AttributeSchema> = {};
  const blocks: Record<string, NestedBlockSchema> = {};
  const members = body.split(/^(?= {4}\/\/ \w+ - computed: )/m).slice(1);
  for (const member of members) {
    const [, argument = '', computed, optional, required] =
      /^ {4}\/\/ (\w+) - computed: (\w+), optional: (\w+), required: (\w+)/.exec(member) ?? [];
    const flags = [
      required === 'true' && 'required',
      optional === 'true' && 'optional',
      computed === 'true' && 'computed',
    ].filter((flag) => flag !== false);
    const nested = /= new (\w+?)(OutputReference|List|Map)\(this, "\w+"(?:, (true|false))?\)/.exec(member);
    if (nested === null || classes.get(`${nested[1]}OutputReference`) === undefined) {
      attributes[argument] = `${flags.join(' ')} ${simpleType(member, `${name}.${argument}`)}`;
    } else {
      const inner = readBlock(classes, `${nested[1]}OutputReference`);
      const many = nested[2] === 'OutputReference' ? 'one' : nested[3] === 'true' ? 'set' : 'list';
      if (flags.join() === 'computed')
        attributes[argument] = `computed ${many === 'set' ? 'set' : 'list'}(${objectType(inner)})`;
      else blocks[argument] = nestedBlock(argument, many, required === 'true', inner);
    }
  }
  return { attributes, ...(Object.keys(blocks).length === 0 ? {} : { blocks }) };
}

function nestedBlock(
  name: string,
  many: 'one' | 'list' | 'set',
  required: boolean,
  inner: BlockSchema,
): NestedBlockSchema {
  const nesting = many === 'one' ? (name === 'timeouts' ? 'single' : 'list') : many;
  return {
    nesting,
    ...(required ? { min: 1 } : {}),
    ...(many === 'one' && nesting === 'list' ? { max: 1 } : {}),
    ...inner,
  };
}

/** The type of an attribute, from how its value is got. */
function simpleType(member: string, where: string): string {
  const got = /return (cdktn\.Fn\.tolist\()?this\.(\w+)\(/.exec(member);
  const map = /= new cdktn\.(\w+)Map\(/.exec(member)?.[1];
  if (map !== undefined) return `map(${map.replace('Boolean', 'bool').toLowerCase()})`;
  const collection = got?.[1] === undefined ? 'list' : 'set';
  switch (got?.[2] ?? '') {
    case 'getStringAttribute':
      return 'string';
    case 'getNumberAttribute':
      return 'number';
    case 'getBooleanAttribute':
      return 'bool';
    case 'getListAttribute':
      return `${collection}(string)`;
    case 'getNumberListAttribute':
      return `${collection}(number)`;
    case 'getStringMapAttribute':
      return 'map(string)';
    case 'getNumberMapAttribute':
      return 'map(number)';
    case 'getBooleanMapAttribute':
      return 'map(bool)';
    case 'interpolationForAttribute':
      return 'any';
    default:
      throw new Error(`${where}: the type is not known from ${member}`);
  }
}

function objectType(block: BlockSchema): string {
  const attributes = Object.entries(block.attributes).map(([name, schema]) => `${name}=${schema.split(' ').at(-1)}`);
  return `object(${attributes.join(',')})`;
}
