/**
 * Nothing runs here: the type check holds the views, which the core makes, and both contracts together.
 */
import type { components } from '../../src/generated/openapi.ts';
import type * as Graphql from '../../src/generated/graphql.ts';
import type { AuditEvent } from '../../src/model/audit-event.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { Problem } from '../../src/http/rest/problem.ts';
import type { AccountAccessView } from '../../src/core/views/account-access.ts';
import type { DepartmentView } from '../../src/core/views/department.ts';
import type { GrantView } from '../../src/core/views/grant.ts';
import type { OperationView } from '../../src/core/views/operation.ts';
import type { OrganisationView } from '../../src/core/views/organisation.ts';
import type { PushRoleView } from '../../src/core/views/push-role.ts';
import type { PullerView, PusherView } from '../../src/core/views/repository-access.ts';
import type { RepositoryView } from '../../src/core/views/repository.ts';

type Schemas = components['schemas'];

/** Compiles only when every value of `View` is one of `Declared`. */
type Fits<Declared, View extends Declared> = View;

/** The views and the contract, side by side: a view that the contract does not describe is an error of the type check. */
export type ViewsFit = [
  Fits<Schemas['Department'], DepartmentView>,
  Fits<Schemas['Organisation'], OrganisationView>,
  Fits<Schemas['AccountAccess'], AccountAccessView>,
  Fits<Omit<Schemas['Repository'], 'lifecyclePolicy'>, Omit<RepositoryView, 'lifecyclePolicy'>>,
  Fits<Schemas['Pusher'], PusherView>,
  Fits<Schemas['Puller'], PullerView>,
  Fits<Schemas['Grant'], GrantView>,
  Fits<Schemas['PushRole'], PushRoleView>,
  Fits<Omit<Schemas['Operation'], 'error'>, Omit<OperationView, 'error'>>,
  Fits<Schemas['Plan'], Plan>,
  Fits<Omit<Schemas['AuditEvent'], 'reason'>, Omit<AuditEvent, 'reason'>>,
  Fits<
    Omit<
      Schemas['Problem'],
      | 'code'
      | 'errors'
      | 'operation'
      | 'acknowledge'
      | 'blastRadius'
      | 'imageCount'
      | 'missed'
      | 'nearest'
      | 'retryAfterSeconds'
    >,
    Problem
  >,
];

/** Properties of a view that GraphQL does not show under the same name. */
type Renamed<View, Type> = Exclude<keyof View, keyof Type>;

/** Every property of a view has a field in GraphQL, but for those that tell the members of a union apart. */
export type FieldsFit = [
  Fits<never, Renamed<DepartmentView, Graphql.Department>>,
  Fits<never, Renamed<OrganisationView, Graphql.Organisation>>,
  Fits<never, Renamed<AccountAccessView, Graphql.AccountAccess>>,
  // In GraphQL a field is the link.
  Fits<'links', Renamed<RepositoryView, Graphql.Repository>>,
  Fits<'kind', Renamed<Extract<PusherView, { kind: 'grant' }>, Graphql.GrantPusher>>,
  Fits<never, Renamed<GrantView, Graphql.Grant>>,
  Fits<never, Renamed<PushRoleView, Graphql.PushRole>>,
  Fits<never, Renamed<OperationView, Graphql.Operation>>,
  Fits<never, Renamed<AuditEvent, Graphql.AuditEvent>>,
];
