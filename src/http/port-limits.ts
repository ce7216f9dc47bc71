/** What a port bears of its clients; in a Lambda, API Gateway's own limits hold. */
export interface PortLimits {
  /** How long the head of a request may take to arrive, in milliseconds. */
  readonly headMilliseconds: number;
  /** How long a whole request may take to arrive, its body included, in milliseconds. */
  readonly requestMilliseconds: number;
  /** How long a connection may be silent, in milliseconds; longer than any request is kept waiting. */
  readonly idleMilliseconds: number;
  /** How often connections are looked at, in milliseconds. */
  readonly checkMilliseconds: number;
  /** Most connections at once; more are closed as they come. */
  readonly connections: number;
}

/** Whoever sends 256 KiB in 30 seconds has a line of 70 kbit/s; a mutation is waited for up to 25 seconds. */
export const PORT_LIMITS: PortLimits = {
  headMilliseconds: 10_000,
  requestMilliseconds: 30_000,
  idleMilliseconds: 60_000,
  checkMilliseconds: 1_000,
  connections: 1_000,
};
