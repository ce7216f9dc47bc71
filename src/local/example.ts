/** The workflow of the platform team in the example, on its only branch that may act. */
export const PLATFORM_JOB = { repository: 'jppol-idp/idp-main-setup', ref: 'refs/heads/main' } as const;

/** The department's workflow in the example. */
export const KOA_JOB = { repository: 'JPPOL-KOA/GiftCardService', ref: 'refs/heads/main' } as const;
