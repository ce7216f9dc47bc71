import { planChanges } from '../../plan/plan.ts';
import { desiredRepository, desiredRole } from '../../plan/render.ts';
import type { Resources, RepositoryResource, RoleResource } from '../../plan/resources.ts';
import { isWanted } from '../../model/pending.ts';
import type { Plan } from '../../model/plan.ts';
import type { PushRole } from '../../model/push-role.ts';
import type { Repository } from '../../model/repository.ts';
import type { AwsSettings } from '../../model/settings.ts';
import type { DepartmentState } from '../../model/state.ts';

type RoleFacts = Pick<DepartmentState, 'department' | 'grants' | 'organisations' | 'roles'>;

/** The plan of bringing roles from what the old state says of them to what the new one says. */
export function planRoles(names: readonly string[], before: RoleFacts, after: RoleFacts, settings: AwsSettings): Plan {
  const observed = new Map(names.map((name) => [name, roleIn(before, name, settings)]));
  const desired = new Map(names.map((name) => [name, roleIn(after, name, settings)]));
  return planChanges(
    { repositories: new Map(), roles: observed },
    { repositories: new Map(), roles: desired },
    settings,
  );
}

function roleIn(facts: RoleFacts, name: string, settings: AwsSettings): RoleResource | undefined {
  const role = facts.roles.find((one: PushRole) => one.name === name);
  if (role === undefined || !isWanted(role)) return undefined;
  return desiredRole(role, facts.grants, facts.organisations.filter(isWanted), facts.department, settings);
}

/** The plan of bringing one repository from one state to another; `undefined` stands for absent. */
export function planRepository(
  name: string,
  before: Repository | undefined,
  after: Repository | undefined,
  access: DepartmentState['access'],
  settings: AwsSettings,
): Plan {
  const side = (repository: Repository | undefined): Resources => {
    const resource: RepositoryResource | undefined =
      repository === undefined ? undefined : desiredRepository(repository, access, settings);
    return { repositories: new Map([[name, resource]]), roles: new Map() };
  };
  return planChanges(side(before), side(after), settings);
}
