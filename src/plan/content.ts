import type { Json } from '../model/plan.ts';
import type { PolicyDocument } from '../policy/document.ts';
import type { RepositoryResource, RoleResource } from './resources.ts';

/** A role's inline policy as a change writes or replaces it. */
export interface InlinePolicy {
  readonly policyName: string;
  readonly document: PolicyDocument;
}

/** What a change may hold, by what it is called. */
interface Contents {
  readonly repository: RepositoryResource;
  readonly role: RoleResource;
  readonly document: PolicyDocument;
  readonly 'inline policy': InlinePolicy;
}

/** The repository that a change makes, or whose settings it writes. */
export function repositoryIn(content: Json): RepositoryResource {
  return contentAs('repository', content);
}

/** The role that a change makes. */
export function roleIn(content: Json): RoleResource {
  return contentAs('role', content);
}

/** The policy that a change writes for a whole resource: a trust policy, or a repository's. */
export function documentIn(content: Json): PolicyDocument {
  return contentAs('document', content);
}

/** The inline policy that a change writes or deletes. */
export function inlinePolicyIn(content: Json): InlinePolicy {
  return contentAs('inline policy', content);
}

function contentAs<What extends keyof Contents>(what: What, content: Json): Contents[What] {
  if (content === null) throw new Error(`The change holds no ${what}.`);
  // A plan is JSON, because it is stored, shown and hashed; what is in it was put there by plan.ts, by the change's action.
  return content as unknown as Contents[What];
}
