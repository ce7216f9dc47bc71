import type { QueryName } from '../authorize/rules.ts';
import { exportAuditEvents, exportDepartmentAuditEvents } from './audit-export.ts';
import { listAuditEvents, listDepartmentAuditEvents } from './audit-events.ts';
import { getAccountAccess, getDepartment, getOrganisation, listDepartments, listOrganisations } from './departments.ts';
import { getGrantWorkflow } from './grant-workflow.ts';
import { getGrant, listGrants, listPushRoles } from './grants.ts';
import { getOperation } from './operations.ts';
import type { Query } from './query.ts';
import { getRepository, listRepositories, listRepositoryPullers, listRepositoryPushers } from './repositories.ts';
import { whoami } from './whoami.ts';

/** The queries by name. */
export type Queries = { readonly [Name in QueryName]: Query<Name> };

/** The one registry of queries, by the name that both contracts give them. */
export const QUERIES: Queries = {
  whoami,
  listDepartments,
  getDepartment,
  listOrganisations,
  getOrganisation,
  listPushRoles,
  getAccountAccess,
  listRepositories,
  getRepository,
  listRepositoryPushers,
  listRepositoryPullers,
  listGrants,
  getGrant,
  getGrantWorkflow,
  getOperation,
  listDepartmentAuditEvents,
  listAuditEvents,
  exportDepartmentAuditEvents,
  exportAuditEvents,
};
