/** The pages that are served beside the contracts, so that an error's link works wherever the service runs. */
export const PAGES = ['errors', 'workflow', 'lifecycle', 'policies', 'audit'] as const;

/** Name of a served page. */
export type PageName = (typeof PAGES)[number];
