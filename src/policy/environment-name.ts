/** GitHub's limit of an environment's name, in characters: https://docs.github.com/en/actions/how-tos/deploy/configure-and-manage-deployments/manage-environments */
export const MAX_ENVIRONMENT_LENGTH = 255;

/**
 * Characters of an environment that a grant may be narrowed to. Missing are, on purpose: `*` and `?` (wildcards to AWS),
 * `$` (a policy variable to AWS), letters beyond ASCII (how they stand in `sub` is not documented), quotes and
 * backslashes, and `:` with `%`: GitHub writes `:` as `%3A`, so that another environment which is really named `a%3Ab`,
 * unprotected and made by whomever can push a workflow, could pass for `a:b`.
 */
const characters = /^[ !#&()+,\-./0-9;<=>@A-Z[\]^_a-z{|}~]+$/;

/** Whether a grant may be narrowed to an environment of this name. */
export function isEnvironmentName(name: string): boolean {
  return name.length <= MAX_ENVIRONMENT_LENGTH && characters.test(name) && name.trim() === name;
}
