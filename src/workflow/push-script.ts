import type { Repository } from '../model/repository.ts';

/**
 * The shell script of the last step. It is constant text apart from what the repository's tag mutability calls for:
 * every value reaches it through the step's `env`, so that no branch or tag name can become code.
 */
export function pushScript(repository: Repository): string {
  return [
    CHOOSE_TAG,
    ...(repository.imageTagMutability === 'MUTABLE' ? [] : [whenPushed(repository)]),
    BUILD_AND_PUSH,
    ...(canMoveTag(repository, 'latest') ? [onDefaultBranch(PUSH_LATEST)] : []),
    SUMMARY,
  ].join('\n');
}

/**
 * Whether a tag of the repository may be pushed again for another image.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
 */
export function canMoveTag(
  repository: Pick<Repository, 'imageTagMutability' | 'imageTagMutabilityExclusionFilters'>,
  tag: string,
): boolean {
  const isMutable = ['MUTABLE', 'MUTABLE_WITH_EXCLUSION'].includes(repository.imageTagMutability);
  const isException = repository.imageTagMutabilityExclusionFilters.some((filter) => matchesFilter(filter, tag));
  return isMutable !== isException;
}

/** ECR's exclusion filters are wildcards: `*` stands for any characters. */
function matchesFilter(filter: string, tag: string): boolean {
  const pattern = filter
    .split('*')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
    .join('.*');
  return new RegExp(`^${pattern}$`).test(tag);
}

const CHOOSE_TAG = `\
tag="$COMMIT"
if [ "$REF_TYPE" = "tag" ]; then
  # A git tag can contain characters that an image tag cannot: they become "-".
  tag="$(printf '%s' "$REF_NAME" | LC_ALL=C tr -c 'A-Za-z0-9_.-' '-' | sed 's/^[.-]*//')"
  tag="\${tag:0:128}"
  tag="\${tag:-$COMMIT}"
fi`;

/**
 * What happens when the tag is there already: the image of this commit is what was wanted, and another stays where ECR would not let
 * go of it. The label is what `BUILD_AND_PUSH` wrote; it is compared, and printed only when it is a commit, because a line that
 * begins with `::` is a command to GitHub's runner.
 */
function whenPushed(repository: Repository): string {
  return `\
# Tags of this repository are immutable. When a run is started again, its image is there already.
if image="$(docker buildx imagetools inspect --format '{{json .Image}}' "$DOCKER_IMAGE:$tag" 2> /dev/null)"; then
  revision="$(jq -r '[.. | .Labels? // empty | .["org.opencontainers.image.revision"]? // empty] | first // ""' <<< "$image")"
  if [ "$tag" = "$COMMIT" ] || [ "$revision" = "$COMMIT" ]; then
    echo "$DOCKER_IMAGE:$tag was pushed before, for this commit; it is not built again."
${canMoveTag(repository, 'latest') ? `${indented(onDefaultBranch(COPY_TO_LATEST))}\n` : ''}    exit 0
  fi
  [[ "$revision" =~ ^[0-9a-f]{40,64}$ ]] || revision="another commit"
${unlessMovable(repository, REFUSE)}
fi`;
}

const REFUSE = [
  'echo "::error::The tag $tag is the image of $revision already, and a tag of this repository stays with its image. To release $COMMIT, push a new git tag."',
  'exit 1',
];

/** Within the two conditions that it is found under. */
function indented(lines: string): string {
  return lines.replaceAll(/^/gm, '    ');
}

/** The lines, where they are for tags that can't move only. */
function unlessMovable(
  { imageTagMutability, imageTagMutabilityExclusionFilters: filters }: Repository,
  lines: readonly string[],
): string {
  if (filters.length === 0) return lines.map((line) => `  ${line}`).join('\n');
  const patterns = filters.map(shellPattern).join(' | ');
  const body = lines.map((line) => `      ${line}`).join('\n');
  return imageTagMutability === 'MUTABLE_WITH_EXCLUSION'
    ? `  case "$tag" in\n    ${patterns})\n${body}\n      ;;\n  esac`
    : `  case "$tag" in\n    ${patterns}) ;;\n    *)\n${body}\n      ;;\n  esac`;
}

/** In a shell's pattern, as in ECR's filter, `*` stands for any characters; whatever else is not of a tag is itself. */
function shellPattern(filter: string): string {
  return filter.replace(/[^\w.*-]/g, String.raw`\$&`);
}

const BUILD_AND_PUSH = `\
# --provenance=false pushes a plain image and not an index around it: AWS Lambda refuses an index.
# Leave it out when the image never runs on Lambda and you want a provenance attestation next to it.
docker build --provenance=false \\
  --label "org.opencontainers.image.revision=$COMMIT" \\
  --label "org.opencontainers.image.source=$SOURCE" \\
  --tag "$DOCKER_IMAGE:$tag" .
docker push "$DOCKER_IMAGE:$tag"`;

/** The lines, for runs on the default branch only. */
function onDefaultBranch(lines: readonly string[]): string {
  const body = lines.map((line) => `  ${line}`).join('\n');
  return `if [ "$REF_TYPE" = "branch" ] && [ "$REF_NAME" = "$DEFAULT_BRANCH" ]; then\n${body}\nfi`;
}

const PUSH_LATEST = ['docker tag "$DOCKER_IMAGE:$tag" "$DOCKER_IMAGE:latest"', 'docker push "$DOCKER_IMAGE:latest"'];

/**
 * A run can end between its two pushes, and is then started again for `latest`. Nothing was built here, so the registry copies; without
 * the option it would put an index around the image.
 * @see https://docs.docker.com/reference/cli/docker/buildx/imagetools/create/
 */
const COPY_TO_LATEST = [
  '# The run before this one may have ended before latest was pushed.',
  'docker buildx imagetools create --prefer-index=false --tag "$DOCKER_IMAGE:latest" "$DOCKER_IMAGE:$tag"',
];

const SUMMARY = `\
echo "Pushed \\\`$DOCKER_IMAGE:$tag\\\`" >> "$GITHUB_STEP_SUMMARY"
`;
