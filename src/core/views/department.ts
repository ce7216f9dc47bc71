import type { Department, ManagerRule } from '../../model/department.ts';
import type { DepartmentId } from '../../model/ids.ts';

/** A department as both APIs show it. */
export interface DepartmentView {
  readonly id: DepartmentId;
  readonly displayName: string;
  readonly namespace: string | null;
  readonly roleName: string;
  readonly managers: readonly ManagerRule[];
  readonly selfService: boolean;
  readonly revision: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly pendingOperation: string | null;
}

export function departmentView(department: Department): DepartmentView {
  return {
    id: department.id,
    displayName: department.displayName,
    namespace: department.namespace ?? null,
    roleName: department.roleName,
    managers: department.managers,
    selfService: department.selfService,
    revision: department.revision,
    createdAt: department.createdAt,
    updatedAt: department.updatedAt,
    pendingOperation: department.pending?.operation ?? null,
  };
}
