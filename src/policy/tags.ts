/** Tag that says which department owns a repository or a role. */
export const DEPARTMENT_TAG = 'ecp:department';
/** Tag that says that we manage a resource. */
export const MANAGED_BY_TAG = 'ecp:managed-by';
/** The value of {@link MANAGED_BY_TAG}. */
export const MANAGED_BY = 'ecr-control-plane';
/** Tag that a create carries, so that "already exists" can be told from "made by this very operation". */
export const OPERATION_TAG = 'ecp:operation';

/** The tags of a department's repository or role; with `operation` those of a create. */
export function ownershipTags(department: string, operation?: string): Readonly<Record<string, string>> {
  return {
    [DEPARTMENT_TAG]: department,
    [MANAGED_BY_TAG]: MANAGED_BY,
    ...(operation === undefined ? {} : { [OPERATION_TAG]: operation }),
  };
}

/** Whether the tags say that we manage the resource for this department. */
export function isOwnedBy(tags: Readonly<Record<string, string>>, department: string): boolean {
  return tags[DEPARTMENT_TAG] === department && tags[MANAGED_BY_TAG] === MANAGED_BY;
}
