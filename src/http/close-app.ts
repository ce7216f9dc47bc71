import type { FastifyInstance } from 'fastify';

/** How long requests under way have to be answered when a process is to end, in milliseconds. */
const GRACE_MILLISECONDS = 3_000;

/**
 * Ends an app on a port. Nobody new is let in, and whoever waits for events is answered at once; then what is still being sent or
 * read, such as an export, is cut off after a moment: its client goes on from where it was.
 */
export async function closeApp(app: FastifyInstance, graceMilliseconds = GRACE_MILLISECONDS): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), graceMilliseconds);
  try {
    await app.close();
  } finally {
    clearTimeout(cut);
  }
}
