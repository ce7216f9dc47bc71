/**
 * GraphQL requests that were made to cost as much as they can: time, memory, or bytes of answer. They are asked of a department with a
 * hundred repositories, of which each has a large lifecycle policy, and twenty grants.
 */
export interface KillerQuery {
  readonly what: string;
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** How many repositories and grants the queries reckon with. */
export const REPOSITORIES = 100;
export const GRANTS = 20;

/** A lifecycle policy of about 8 kB: a hundred of them are a quarter of what one answer may hold. */
export const LARGE_LIFECYCLE_POLICY = {
  rules: Array.from({ length: 26 }, (_, index) => ({
    rulePriority: index + 1,
    description: `Rule ${index + 1}: ${'what it is for, in many words; '.repeat(6)}`.slice(0, 200),
    selection: { tagStatus: 'tagged', tagPrefixList: [`p${index}-`], countType: 'imageCountMoreThan', countNumber: 5 },
    action: { type: 'expire' },
  })),
};

const times = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => make(index)).join(' ');

const INTROSPECTED =
  'kind name description fields(includeDeprecated: true) { name description args { name description defaultValue type { name kind } } type { name kind ofType { name kind ofType { name } } } }';

function multiplied(a: number, b: number, c: number): string {
  return [
    `{ __schema { ${times(a, (index) => `a${index}: types { ...T }`)} } }`,
    `fragment T on __Type { ${times(b, (index) => `b${index}: fields { ...F }`)} }`,
    'fragment F on __Field { type { ...U } }',
    `fragment U on __Type { ${times(c, (index) => `c${index}: fields { name description }`)} }`,
  ].join(' ');
}

const REPOSITORY =
  'name departmentId arn uri imageTagMutability imageTagMutabilityExclusionFilters scanOnPush lifecyclePolicy encryption { encryptionType kmsKey } createdAt updatedAt revision';
const PUSHERS =
  'pusherCount pullerCount pushers(first: 100) { nodes { __typename ... on GrantPusher { grant pushRoleArn organisation repository repositoryId refs environment } ... on AccountPrincipal { accountId description } } } pullers { nodes { __typename ... on AccountPrincipal { accountId description } } }';
const EVENT =
  'id chain seq prev hash time departmentId action outcome subject { type id } caller source operationId version plan { action resource before after } awsCalls { action resource outcome digest durationMs } reason { code detail }';

/** Pages of repositories inside each other, which from the second on come from the request's own answers. */
function pages(depth: number, first: number, inner: string): string {
  const page = (level: number): string =>
    `repositories(first: ${first}) { nodes { ${level === 1 ? inner : `department { ${page(level - 1)} }`} } }`;
  return `{ department(id: "koa") { ${page(depth)} } }`;
}

const LONG_NAME = (index: number): string => `n${index}${'x'.repeat(450)}`;

const INTROSPECTION: readonly KillerQuery[] = [
  { what: 'aliases that multiply in introspection: 98 MB', query: multiplied(10, 10, 16) },
  { what: 'the same, out of memory', query: multiplied(24, 24, 24) },
  { what: 'the same, within the limit of aliases', query: multiplied(3, 3, 2) },
  {
    what: 'the widest introspection, thirty times',
    query: `{ ${times(30, (i) => `s${i}: __schema { types { ${INTROSPECTED} } }`)} }`,
  },
  {
    what: 'the same by a fragment',
    query: `{ ${times(30, (i) => `s${i}: __schema { types { ...T } }`)} } fragment T on __Type { ${INTROSPECTED} }`,
  },
  {
    what: 'types of types in introspection',
    query: `{ __schema { types { fields { name type { ${INTROSPECTED} } args { type { ${INTROSPECTED} } } } } } }`,
  },
  {
    what: 'types of types of types',
    query: `{ __schema { types { fields { type { ofType { ofType { ${INTROSPECTED} possibleTypes { ${INTROSPECTED} } } } } } possibleTypes { ${INTROSPECTED} } inputFields { type { ${INTROSPECTED} } } } } }`,
  },
  {
    what: 'one type, thirty times',
    query: `{ ${times(30, (i) => `t${i}: __type(name: "Department") { ${INTROSPECTED.replace('type { name kind ofType', 'type { fields { name description } name kind ofType')} }`)} }`,
  },
  {
    what: 'input types of all arguments',
    query:
      '{ __schema { types { fields { args { type { ofType { inputFields { name description type { name ofType { name enumValues { name description } } } } } } } } } } }',
  },
  {
    what: 'long names in introspection',
    query: `{ __schema { types { ${times(25, (i) => `${LONG_NAME(i)}: name`)} fields { name } } } }`,
  },
  {
    what: 'names of types in introspection',
    query: `{ __schema { types { fields { ${times(30, (i) => `t${i}: __typename`)} type { __typename name } } } } }`,
  },
];

const CACHED_PAGES: readonly KillerQuery[] = [
  { what: 'three pages in each other: a million names', query: pages(3, 100, 'name') },
  { what: 'the same with all fields: out of memory', query: pages(3, 100, REPOSITORY) },
  { what: 'two pages in each other, all fields', query: pages(2, 100, REPOSITORY) },
  { what: 'two pages in each other, names only', query: pages(2, 100, 'name') },
  { what: 'two pages in each other, who pushes', query: pages(2, 100, PUSHERS) },
  { what: 'three pages of 36: below the limit of fields', query: pages(3, 36, 'name') },
  { what: 'three pages of 25, who pushes', query: pages(3, 25, PUSHERS) },
  {
    what: 'pages of which only the end is asked',
    query: pages(
      2,
      100,
      `department { ${times(25, (i) => `p${i}: repositories(first: 100) { pageInfo { endCursor } }`)} }`,
    ),
  },
  {
    what: 'edges and nodes',
    query: `{ department(id: "koa") { repositories(first: 100) { edges { cursor node { department { repositories(first: 100) { edges { cursor node { name } } nodes { name } } } } } nodes { department { repositories(first: 100) { nodes { name } } } } } } }`,
  },
  {
    what: 'a page for each of a hundred, by thirty aliases',
    query: `{ department(id: "koa") { repositories(first: 100) { nodes { department { ${times(30, (i) => `p${i}: repositories(first: 100) { nodes { name } }`)} } } } } }`,
  },
  {
    what: 'large documents from the answers, again and again',
    query: `{ department(id: "koa") { ${times(28, (i) => `p${i}: repositories(first: 100) { nodes { lifecyclePolicy } }`)} } }`,
  },
  {
    what: 'one large document, thirty times',
    query: `{ ${times(30, (i) => `r${i}: repository(name: "koa-r000") { ${REPOSITORY} }`)} }`,
  },
  {
    what: 'long names for each repository',
    query: `{ department(id: "koa") { repositories(first: 100) { nodes { ${times(28, (i) => `${LONG_NAME(i)}: uri`)} } } } }`,
  },
  {
    what: 'grants in repositories in grants',
    query:
      '{ department(id: "koa") { grants(first: 100) { nodes { department { repositories(first: 100) { nodes { department { grants(first: 100) { nodes { id repositories refs } } } } } } } } } }',
  },
  {
    what: 'the role of each grant, in each repository',
    query:
      '{ department(id: "koa") { repositories(first: 100) { nodes { department { grants(first: 100) { nodes { pushRole { name grants trustPolicy { room } } } } } } } } }',
  },
  {
    what: 'organisations of departments of organisations',
    query: `{ departments(first: 100) { nodes { organisations(first: 100) { nodes { department { organisations(first: 100) { nodes { login department { id displayName } } } } } } } } }`,
  },
];

const MANY_CALLS: readonly KillerQuery[] = [
  {
    what: 'the workflow of each grant, by aliases',
    query: `{ department(id: "koa") { grants(first: 100) { nodes { ${times(28, (i) => `w${i}: workflow(repository: "koa-r${String(i).padStart(3, '0')}") { yaml json }`)} } } } }`,
  },
  {
    what: 'the workflow of each grant, in each repository',
    query: `{ department(id: "koa") { repositories(first: 100) { nodes { department { grants(first: 100) { nodes { workflow(repository: "koa-r001") { yaml json } } } } } } } }`,
  },
  {
    what: 'pages of every size',
    query: `{ department(id: "koa") { ${times(29, (i) => `p${i}: repositories(first: ${100 - i}) { nodes { ${REPOSITORY} } }`)} } }`,
  },
  {
    what: 'the whole audit trail',
    query: `{ department(id: "koa") { auditEvents(first: 100) { edges { cursor node { ${EVENT} } } nodes { ${EVENT} } } } }`,
  },
  {
    what: 'the whole audit trail, thirty times',
    query: `{ department(id: "koa") { ${times(29, (i) => `p${i}: auditEvents(first: ${71 + i}) { nodes { ${EVENT} } }`)} } }`,
  },
  {
    what: 'the operation of each event, and its department',
    query: `{ department(id: "koa") { auditEvents(first: 100) { nodes { operation { plan { before after } department { repositories(first: 100) { nodes { name } } } } } } } }`,
  },
  {
    what: 'an index for each outcome, and each action',
    query: `{ department(id: "koa") { ${times(29, (i) => `a${i}: auditEvents(first: 100, subject: "koa-r${String(i).padStart(3, '0')}", action: "createRepository", outcome: succeeded) { nodes { ${EVENT} } }`)} } }`,
  },
  {
    what: 'strangers: not found, again and again',
    query: `{ ${times(30, (i) => `d${i}: department(id: "no${i}") { id repositories { nodes { name } } }`)} }`,
  },
  {
    what: 'an error in each repository',
    query: `{ department(id: "koa") { repositories(first: 100) { nodes { department { repositories(first: 0) { nodes { name } } grants(after: "${'x'.repeat(900)}") { nodes { id } } } } } } }`,
  },
  {
    what: 'an error in each repository, thirty times',
    query: `{ department(id: "koa") { repositories(first: 100) { nodes { department { ${times(29, (i) => `e${i}: repositories(first: -${i}) { nodes { name } }`)} } } } } }`,
  },
  {
    what: 'who am I, thirty times',
    query: `{ ${times(30, (i) => `w${i}: whoami { caller role departments { id } allowed { command because } }`)} }`,
  },
];

const DOCUMENTS: readonly KillerQuery[] = [
  { what: 'one field, as often as there are tokens', query: `{ ${'__typename '.repeat(1_480)} }` },
  { what: 'one field with a selection, again and again', query: `{ ${'whoami { because } '.repeat(390)} }` },
  {
    what: 'fragments that all overlap',
    query: `{ ${times(50, (i) => `...f${i}`)} } ${times(50, (i) => `fragment f${i} on Query { ${times(7, () => 'whoami { because }')} }`)}`,
  },
  {
    what: 'fragments that overlap in their arguments',
    query: `{ ${times(45, (i) => `...f${i}`)} } ${times(45, (i) => `fragment f${i} on Query { department(id: "d${i}") { id repositories(first: ${i + 1}) { nodes { name } } } }`)}`,
  },
  {
    what: 'fragments that double at every step',
    query: `{ ...f0 } ${times(150, (i) => `fragment f${i} on Query { ...f${i + 1} ...f${i + 1} }`)} fragment f150 on Query { whoami { because } }`,
  },
  {
    what: 'inline fragments inside each other',
    query: `{ ${'... on Query { '.repeat(380)} whoami { because } ${'}'.repeat(380)} }`,
  },
  { what: 'fields that are not there', query: `{ ${times(700, (i) => `departmant${i}`)} }` },
  { what: 'one field that is not there, with a long name', query: `{ ${'departments'.repeat(1_400)} }` },
  { what: 'arguments that are not there', query: `{ department(${times(300, (i) => `idd${i}: "x"`)}) { id } }` },
  { what: 'variables that nobody uses', query: `query (${times(380, (i) => `$v${i}: Int`)}) { whoami { because } }` },
  { what: 'directives again and again', query: `{ whoami ${'@include(if: true) '.repeat(220)} { because } }` },
  {
    what: 'a list inside a list, as deep as there are tokens',
    query: `{ repository(name: ${'['.repeat(900)}${']'.repeat(900)}) { name } }`,
  },
  { what: 'a text of many escapes', query: `{ repository(name: "${'\\u0000'.repeat(2_500)}") { name } }` },
  { what: 'a text of many lines', query: `{ repository(name: """${'\n   x'.repeat(3_000)}""") { name } }` },
  {
    what: 'a variable of 250 kB',
    query: 'query ($n: String!) { repository(name: $n) { name } }',
    variables: { n: '\u0000'.repeat(40_000) },
  },
  {
    what: 'a variable that is deep',
    query:
      'mutation ($p: JSON) { createRepository(input: { department: "koa", name: "x", lifecyclePolicy: $p, dryRun: true }) { plan { action } } }',
    variables: { p: deep(20) },
  },
  {
    what: 'a list of many that are none',
    query:
      'mutation ($a: [AccessAccountInput!]!) { putAccountAccess(input: { department: "koa", accounts: $a, dryRun: true }) { plan { action } } }',
    variables: { a: Array.from({ length: 20_000 }, () => 1) },
  },
];

function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
}

const MUTATIONS: readonly KillerQuery[] = [
  {
    what: 'ten dry runs, each with pages in its answer',
    query: `mutation { ${times(10, (i) => `m${i}: createRepository(input: { department: "koa", name: "koa-n${i}", dryRun: true }) { plan { before after } repository { department { repositories(first: 100) { nodes { ${REPOSITORY} ${PUSHERS} } } } } }`)} }`,
  },
  {
    what: 'twenty-nine dry runs, behind a page of less than nothing',
    query: `mutation { ${times(29, (i) => `m${i}: createRepository(input: { department: "koa", name: "koa-n${i}", dryRun: true }) { repository { department { repositories(first: -50) { nodes { department { id } } } } } }`)} }`,
  },
  {
    what: 'account access for all repositories, ten times',
    query: `mutation { ${times(10, (i) => `m${i}: putAccountAccess(input: { department: "koa", accounts: [{ description: "a", accountId: "93182742772${i}", canWrite: true }], ifMatch: "*", dryRun: true }) { plan { action resource before after } blastRadius }`)} }`,
  },
];

/** All of them. */
export const KILLER_QUERIES: readonly KillerQuery[] = [
  ...INTROSPECTION,
  ...CACHED_PAGES,
  ...MANY_CALLS,
  ...DOCUMENTS,
  ...MUTATIONS,
];
