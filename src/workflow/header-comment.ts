import type { Grant } from '../model/grant.ts';
import type { PushRole } from '../model/push-role.ts';
import type { Repository } from '../model/repository.ts';
import { type AwsSettings, registryHost, roleArn } from '../model/settings.ts';
import { canMoveTag } from './push-script.ts';
import type { GrantTriggers } from './triggers.ts';

/** What the comment on top of a generated workflow tells. */
export interface HeaderInput {
  readonly grant: Grant;
  readonly role: PushRole;
  readonly repository: Repository;
  readonly repositories: readonly Repository[];
  readonly settings: AwsSettings;
  readonly triggers: GrantTriggers;
  readonly contact?: string;
  readonly documentationUrl?: string;
}

const MAX_OTHER_IMAGES = 10;

/**
 * The comment on top of a generated workflow, in the form that the YAML library wants: which image, whose grant, what
 * the grant lets in, where to ask.
 */
export function headerComment(input: HeaderInput): string {
  const { grant, role, repository, settings } = input;
  const lines = [
    'Builds the image of this GitHub repository and pushes it to Amazon ECR.',
    '',
    `Image:      ${registryHost(settings)}/${repository.name}`,
    `Tags:       ${tagsOf(repository)}`,
    `Department: ${grant.department}`,
    `Grant:      ${grant.id}, to ${grant.organisation}/${grant.repository}`,
    `Allows:     ${letsIn(grant, input.triggers)}`,
    `Push role:  ${roleArn(settings, role.path, role.name)}`,
    `Questions:  ${input.contact ?? 'ask your platform team, and give the id of the grant'}`,
    ...(input.documentationUrl === undefined ? [] : [`Read more:  ${input.documentationUrl}`]),
    ...startByHand(input.triggers.byHandOnly),
    ...notYetThere(input),
    ...otherImages(input),
  ];
  return lines.map((line) => ` ${oneLine(line)}`.trimEnd() || ' ').join('\n');
}

function tagsOf(repository: Repository): string {
  const tags = "the commit; for a pushed git tag, that tag's name";
  if (canMoveTag(repository, 'latest')) return `${tags}; from the default branch also latest`;
  return `${tags}. The repository's tags are immutable, so there is no latest.`;
}

function letsIn(grant: Grant, { on }: GrantTriggers): string {
  const refs = grant.refs === undefined ? 'every branch and tag' : grant.refs.join(', ');
  const environment = grant.environment === undefined ? '' : `, in the environment ${grant.environment}`;
  const pullRequests = on.pull_request === null ? ', and pull requests' : '; no pull requests';
  return `${refs}${environment}${pullRequests}`;
}

function startByHand(refs: readonly string[]): readonly string[] {
  return refs.length === 0 ? [] : ['', `Started by hand only: ${refs.join(', ')}`];
}

function notYetThere({ grant, role, repository }: HeaderInput): readonly string[] {
  const pending = grant.pending ?? role.pending ?? repository.pending;
  if (pending === undefined) return [];
  return [
    '',
    `When this file was made, operation ${pending.operation} was still on its way into AWS: wait for it first.`,
  ];
}

function otherImages({ repositories, repository }: HeaderInput): readonly string[] {
  const others = repositories.filter((other) => other.name !== repository.name).map((other) => other.name);
  if (others.length === 0) return [];
  const more = others.length > MAX_OTHER_IMAGES ? [`  and ${others.length - MAX_OTHER_IMAGES} more`] : [];
  return [
    '',
    'The same grant pushes to these too; ask for their workflow by name (?repository=NAME):',
    ...others.slice(0, MAX_OTHER_IMAGES).map((name) => `  ${name}`),
    ...more,
  ];
}

/** A comment ends at a line break of any kind; whatever came from outside must not end it. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ');
}
