import type { Embedded } from './embedded.ts';
import { ONBOARDING } from './story.ts';
import { EDP, newWorld } from './story-world.ts';

/**
 * Onboards the example's department through the API, as the platform team does, unless it is there already.
 * @param url where the API is served
 * @throws Error when a step does not hold
 */
export async function onboardExample(embedded: Embedded, url: string): Promise<void> {
  const world = newWorld(embedded, url);
  const { items } = await world.ask(EDP, 'GET', '/v1/departments', 200);
  if (items.length > 0) return;
  for (const step of ONBOARDING) await step.play(world);
}
