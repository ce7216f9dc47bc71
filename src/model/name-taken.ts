/**
 * What is said of a repository's name that is not free. It is the same whoever has it: another department, somebody outside the
 * control plane, or nobody any more, while the name is reserved. And it is the same whoever notices: the API that looks at the
 * names, a dry run that looks into the registry, or the executor that meets ECR's refusal.
 */
export function repositoryNameTaken(name: string): string {
  return `The registry has a repository ${name} already, or the name is reserved. Choose another name.`;
}

/** What is said of a role's name that is not free, whoever has it and whoever notices. */
export function roleNameTaken(name: string): string {
  return `The account has a role ${name} already, or the name is reserved. Choose another name.`;
}
