import type { Repository } from '../model/repository.ts';

/**
 * The shell script of the last step. It is constant text apart from what the repository's tag mutability calls for:
 * every value reaches it through the step's `env`, so that no branch or tag name can become code.
 */
export function pushScript(repository: Repository): string {
  return [
    CHOOSE_TAG,
    ...(repository.imageTagMutability === 'MUTABLE' ? [] : [SKIP_WHEN_PUSHED]),
    BUILD_AND_PUSH,
    ...(canMoveTag(repository, 'latest') ? [PUSH_LATEST] : []),
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
  # A git tag may hold characters that an image tag may not: they become "-".
  tag="$(printf '%s' "$REF_NAME" | LC_ALL=C tr -c 'A-Za-z0-9_.-' '-' | sed 's/^[.-]*//')"
  tag="\${tag:0:128}"
  tag="\${tag:-$COMMIT}"
fi`;

const SKIP_WHEN_PUSHED = `\
# Tags of this repository are immutable. When a run is started again, its image is there already.
if [ "$tag" = "$COMMIT" ] && docker buildx imagetools inspect "$DOCKER_IMAGE:$tag" > /dev/null 2>&1; then
  echo "$DOCKER_IMAGE:$tag was pushed before; nothing to do."
  exit 0
fi`;

const BUILD_AND_PUSH = `\
# --provenance=false pushes a plain image and not an index around it: AWS Lambda refuses an index.
# Leave it out when the image never runs on Lambda and you want a provenance attestation next to it.
docker build --provenance=false \\
  --label "org.opencontainers.image.revision=$COMMIT" \\
  --label "org.opencontainers.image.source=$SOURCE" \\
  --tag "$DOCKER_IMAGE:$tag" .
docker push "$DOCKER_IMAGE:$tag"`;

const PUSH_LATEST = `\
if [ "$REF_TYPE" = "branch" ] && [ "$REF_NAME" = "$DEFAULT_BRANCH" ]; then
  docker tag "$DOCKER_IMAGE:$tag" "$DOCKER_IMAGE:latest"
  docker push "$DOCKER_IMAGE:latest"
fi`;

const SUMMARY = `\
echo "Pushed \\\`$DOCKER_IMAGE:$tag\\\`" >> "$GITHUB_STEP_SUMMARY"
`;
