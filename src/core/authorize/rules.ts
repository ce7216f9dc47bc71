/** Who may run a command, and who may run it only for itself. */
export interface Rule {
  /** `anyone`: every verified caller. `member`: of the department in question, and so on upwards. */
  readonly least: 'anyone' | 'member' | 'manager' | 'platform';
  /** Whether the department's switch `selfService` opens it to members, for their own GitHub repository only. */
  readonly selfService?: true;
  /** Whether it is about no department that its caller could be something to: then being denied says nothing of any. */
  readonly aboutNone?: true;
  /** Whether it changes something: then the token's `event_name` must be one of those allowed. */
  readonly mutates?: true;
}

/** One row a command or query. What has no row can't be called: everything is denied by default. */
export const RULES = {
  whoami: { least: 'anyone' },
  listDepartments: { least: 'anyone' },
  getDepartment: { least: 'member' },
  listOrganisations: { least: 'member' },
  getOrganisation: { least: 'member' },
  listPushRoles: { least: 'member' },
  getAccountAccess: { least: 'member' },
  listRepositories: { least: 'member' },
  getRepository: { least: 'member' },
  listRepositoryPushers: { least: 'member' },
  listRepositoryPullers: { least: 'member' },
  listGrants: { least: 'member' },
  getGrant: { least: 'member' },
  getGrantWorkflow: { least: 'member' },
  getOperation: { least: 'member' },
  listDepartmentAuditEvents: { least: 'member' },
  listAuditEvents: { least: 'platform', aboutNone: true },
  exportDepartmentAuditEvents: { least: 'member' },
  exportAuditEvents: { least: 'platform', aboutNone: true },
  createDepartment: { least: 'platform', aboutNone: true, mutates: true },
  updateDepartment: { least: 'platform', mutates: true },
  deleteDepartment: { least: 'platform', mutates: true },
  putOrganisation: { least: 'platform', mutates: true },
  deleteOrganisation: { least: 'platform', mutates: true },
  putAccountAccess: { least: 'platform', mutates: true },
  createRepository: { least: 'manager', selfService: true, mutates: true },
  updateRepository: { least: 'manager', mutates: true },
  deleteRepository: { least: 'manager', mutates: true },
  createGrant: { least: 'manager', selfService: true, mutates: true },
  updateGrant: { least: 'manager', mutates: true },
  revokeGrant: { least: 'manager', mutates: true },
  replayOperation: { least: 'platform', mutates: true },
} as const satisfies Readonly<Record<string, Rule>>;

/** Name of a command or query: its `operationId` in openapi.yaml. */
export type CommandName = keyof typeof RULES;

/** Names of those that change something. */
export type MutationName = {
  [Name in CommandName]: (typeof RULES)[Name] extends { readonly mutates: true } ? Name : never;
}[CommandName];

/** Names of those that only read. */
export type QueryName = Exclude<CommandName, MutationName>;
