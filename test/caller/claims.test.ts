import * as fc from 'fast-check';
import t from 'tap';
import { claimTable } from '../../src/caller/claims.ts';
import { parseJsonObject } from '../../src/caller/json-object.ts';

/** The claims of GitHub's documentation and discovery document, as of 2026-11-24. */
const documented =
  `aud iss sub exp iat nbf jti actor actor_id base_ref check_run_id enterprise enterprise_id environment
  environment_node_id event_name head_ref issuer_scope job_workflow_ref job_workflow_sha ref ref_protected ref_type
  repository repository_id repository_owner repository_owner_id repository_visibility run_attempt run_id run_number
  runner_environment sha workflow workflow_ref workflow_sha`.split(/\s+/);

await t.test('each documented claim has exactly one row, and says what it is for', async (t) => {
  t.same(claimTable.map(({ name }) => name).sort(), documented.sort());
  for (const row of claimTable) t.ok(row.purpose.length > 3 && row.shape.description.length > 3, row.name);
});

await t.test('what identity and time rest on is required', async (t) => {
  const required = claimTable.filter(({ rule }) => rule === 'required').map(({ name }) => name);
  t.same(required.sort(), [
    'aud',
    'event_name',
    'exp',
    'iat',
    'iss',
    'nbf',
    'repository',
    'repository_id',
    'repository_owner',
    'repository_owner_id',
    'sub',
  ]);
});

await t.test('a branch name of an outsider never reaches the Caller', async (t) => {
  const ignored = claimTable.filter(({ rule }) => rule === 'ignored').map(({ name }) => name);
  t.ok(ignored.includes('head_ref') && ignored.includes('base_ref'));
});

await t.test('a JSON object is read as JSON.parse reads it', async () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(undefined, 2), (object, indent) => {
      const text = JSON.stringify(object, null, indent);
      const members = parseJsonObject(Buffer.from(text));
      const same =
        members !== undefined &&
        JSON.stringify([...members]) === JSON.stringify(Object.entries(JSON.parse(text) as object));
      return same;
    }),
    { numRuns: 500 },
  );
});

await t.test('a JSON object that writes a name twice is none, wherever and however it does', async () => {
  const entries = fc.array(fc.tuple(fc.string(), fc.jsonValue()), { minLength: 1, maxLength: 6 });
  const codeUnit = (unit: string): string => String.raw`\u` + unit.charCodeAt(0).toString(16).padStart(4, '0');
  const escaped = (name: string): string => `"${name.split('').map(codeUnit).join('')}"`;
  fc.assert(
    fc.property(entries, fc.nat(), fc.boolean(), (members, pick, escape) => {
      const written = members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
      const [name = ''] = members[pick % members.length] ?? [];
      const again = `${escape ? escaped(name) : JSON.stringify(name)}:1`;
      return parseJsonObject(Buffer.from(`{${[...written, again].join(',')}}`)) === undefined;
    }),
    { numRuns: 500 },
  );
});

await t.test('what is no JSON object in UTF-8 is none', async (t) => {
  for (const text of ['', 'null', '1', '"a"', '[]', '[{}]', '{', '{}{}', '\ufeff{}', "{'a':1}", '{a:1}', '{"a":1,}']) {
    t.equal(parseJsonObject(Buffer.from(text)), undefined, JSON.stringify(text));
  }
  t.equal(
    parseJsonObject(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])),
    undefined,
    'a byte that is not UTF-8',
  );
  t.equal(parseJsonObject(Buffer.from('{"__proto__":1}'))?.get('__proto__'), 1, '__proto__ is a name like any other');
});
