import { test } from 'tap';
import { parse } from 'yaml';
import { readContractFiles } from '../../src/contract/contract-files.ts';
import type { OpenapiDocument } from '../../src/contract/document.ts';
import { definitions } from '../../src/contract/request-schema.ts';
import { newAjv } from '../../src/contract/validators.ts';
import { isAccountId, isDepartmentId, isGitHubId } from '../../src/model/ids.ts';
import { isOrganisationLogin, isRepositoryName, isRoleName, type RoleName } from '../../src/model/names.ts';
import { departmentRoleName, grantRoleName } from '../../src/policy/role-assignment.ts';

const ajv = newAjv();
ajv.addSchema(definitions(parse(readContractFiles().openapi) as OpenapiDocument));
const takes = (name: string, value: string): boolean => ajv.validate({ $ref: `contract#/$defs/${name}` }, value);

const IDS = [
  '',
  'a',
  'ab',
  'koa',
  'k-o-a',
  'koa-',
  '-koa',
  'k--oa',
  'Koa',
  '1koa',
  'kéa',
  'koa\n',
  'a'.repeat(32),
  'a'.repeat(33),
];
const NAMES = [
  'koa/app',
  'koa//app',
  '/koa',
  'koa/',
  'koa__app',
  'koa___app',
  'koa.app',
  'koa..app',
  'koa_-app',
  'a'.repeat(256),
];
const LOGINS = [
  'JPPOL-KOA',
  'JPPOL--KOA',
  'JPPOL_KOA',
  'a'.repeat(39),
  'a'.repeat(40),
  'a'.repeat(257),
  'koa role',
  'koa@role',
];
const NUMBERS = [
  '354918371398',
  '000000000000',
  '012345678901',
  '35491837139',
  '3549183713980',
  '0',
  '1',
  '01',
  '-1',
  '9'.repeat(21),
];

const BRANDS = {
  DepartmentId: isDepartmentId,
  AccountId: isAccountId,
  GitHubId: isGitHubId,
  OrganisationLogin: isOrganisationLogin,
} as const;

void test('what the contract takes for an id or a name is what the model takes for one', (t) => {
  for (const [name, is] of Object.entries({ ...BRANDS, RepositoryName: isRepositoryName })) {
    for (const sample of [...IDS, ...NAMES, ...LOGINS, ...NUMBERS])
      t.equal(takes(name, sample), is(sample), `${name}: ${JSON.stringify(sample.slice(0, 50))}`);
  }
  t.end();
});

void test("the longest role name that the contract takes is whole in the name of a grant's role", (t) => {
  const longest = 'r'.repeat(53) as RoleName;
  t.ok(takes('RoleName', longest));
  t.notOk(takes('RoleName', `${longest}r`));
  const made = grantRoleName(longest, 'grant-01kaxq3v7d8e9fabcdefghjkmn');
  t.ok(made.startsWith(`${longest}-`));
  t.ok(isRoleName(made));
  t.end();
});

void test('the role name of a department that asks for none is one that could be asked for', (t) => {
  const longest = 'd'.repeat(32);
  if (!isDepartmentId(longest)) throw new Error(`${longest} is no department's id.`);
  t.ok(takes('RoleName', departmentRoleName(longest)));
  t.end();
});
