/** Where the embedded issuer listens unless it is told otherwise. */
export const defaultIssuerUrl = 'http://127.0.0.1:8081';

/** Where GitHub's own address has its plan and job; `&audience=` is appended to it, so it is given with a query. */
export const requestPath = '/_apis/distributedtask/hubs/Actions/plans/local/jobs/local/idtoken';

/** Not GitHub's: makes a token for any job, for programs on this machine only. */
export const mintPath = '/local/token';

/** Not GitHub's: answers the two variables that a job on GitHub's runner has. */
export const requestVariablesPath = '/local/request-variables';
