import type { Embedded } from '../../../src/local/embedded.ts';
import { STORY } from '../../../src/local/story.ts';
import type { World as StoryWorld } from '../../../src/local/story-world.ts';
import type { Check } from '../check.ts';
import { expectStatus, type World } from '../world.ts';

/** The demo's story, step by step. */
export function storyChecks(): readonly Check[] {
  const learned = { grant: '', roleArn: '' };
  return STORY.map(({ title, play }) => ({
    row: 'the story',
    title,
    play: async (world) => void (await play(storyWorld(world, learned))),
  }));
}

/** The story looks at the world through these; nothing else of the embedded default is there. */
function storyWorld({ form, ask }: World, learned: StoryWorld['learned']): StoryWorld {
  const { config, aws, awsEndpoint } = form;
  return {
    embedded: { executor: { aws }, config } as unknown as Embedded,
    place: { endpoint: awsEndpoint, region: config.aws.region },
    tokenFor: (job, audience) => form.token(job, audience),
    learned,
    ask: async (job, method, path, expected, body, headers = {}) => {
      const answer = await ask(job, {
        method: method as 'GET',
        path,
        headers,
        ...(body === undefined ? {} : { body }),
      });
      expectStatus(answer, expected);
      return answer.body ?? answer.text;
    },
  };
}
