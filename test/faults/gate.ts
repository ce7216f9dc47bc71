/**
 * What can happen to a call. `lose`: it had its effect, and the answer got lost. `rival`: just before it, another process
 * gets a mutation of the same department accepted.
 */
export type FaultKind = 'crash-before' | 'crash-after' | 'fail' | 'lose' | 'rival';

/** Which part of the service makes a call. */
export type ProcessName = 'api' | 'executor';

/** One call of a process on DynamoDB, ECR or IAM. */
export interface Call {
  /** Its place among the calls of all processes of a run, from 1. */
  readonly number: number;
  readonly process: ProcessName;
  readonly service: 'dynamodb' | 'ecr' | 'iam';
  /** Such as `TransactWrite` or `SetRepositoryPolicy`. */
  readonly operation: string;
  readonly writes: boolean;
  readonly input: Readonly<Record<string, unknown>>;
}

/** What a run does at its calls. */
export interface GateRules {
  readonly faultAt: (call: Call) => FaultKind | undefined;
  readonly onRival?: () => Promise<void>;
  /** Before a call is sent. */
  readonly onSending?: (call: Call) => Promise<void>;
  /** After a call that writes to AWS, whatever came of it. */
  readonly onAwsWritten?: () => Promise<void>;
}

/** The way of one process to the world. Once it crashed nothing comes through any more, in either direction. */
export interface Gate {
  readonly pass: <T>(call: Omit<Call, 'number'>, send: () => Promise<T>) => Promise<T>;
  /** Resolves when the process crashes. */
  readonly crashed: Promise<'crashed'>;
}

/** Counts the calls of all processes of a run. */
export interface Counter {
  next: number;
}

const READS = /^(Get|Query|Scan|BatchGet|Describe|List)/;

/** A gate for one process. A crashed process gets no answer, so that not one line of it runs after the crash. */
export function openGate(rules: GateRules, counter: Counter): Gate {
  let down = false;
  let tell: (word: 'crashed') => void = () => undefined;
  const crashed = new Promise<'crashed'>((resolve) => {
    tell = resolve;
  });
  const never = <T>(): Promise<T> => new Promise<T>(() => undefined);
  const crash = <T>(): Promise<T> => {
    down = true;
    tell('crashed');
    return never();
  };
  const pass: Gate['pass'] = async (what, send) => {
    if (down) return never();
    const call: Call = { ...what, number: counter.next++ };
    const fault = rules.faultAt(call);
    if (fault === 'crash-before') return crash();
    if (fault === 'rival') await rules.onRival?.();
    if (fault === 'fail') throw serverError(call, 'before');
    await rules.onSending?.(call);
    try {
      const result = await send();
      if (down) return await never();
      if (fault === 'crash-after') return await crash();
      if (fault === 'lose') throw serverError(call, 'after');
      return result;
    } finally {
      if (writesToAws(call)) await rules.onAwsWritten?.();
    }
  };
  return { pass, crashed };
}

/** Whether a call changes something in ECR or IAM. */
export function writesToAws({ writes, service }: Call): boolean {
  return writes && service !== 'dynamodb';
}

function serverError({ service, operation }: Call, when: 'before' | 'after'): Error {
  const error = new Error(`${service}:${operation} failed ${when} its effect`);
  error.name = service === 'dynamodb' ? 'InternalServerError' : 'ServiceFailure';
  return Object.assign(error, { $fault: 'server', $metadata: { httpStatusCode: 500 } });
}

/** A client whose calls go through a gate. */
export function gated<Client extends object>(
  client: Client,
  gate: Gate,
  process: ProcessName,
  service: Call['service'],
): Client {
  return new Proxy(client, {
    get: (target, property) => {
      if (property !== 'send') return Reflect.get(target, property) as unknown;
      return (command: { readonly input: Readonly<Record<string, unknown>> }): Promise<unknown> => {
        const operation = command.constructor.name.replace(/Command$/, '');
        const call = { process, service, operation, writes: !READS.test(operation), input: command.input };
        return gate.pass(call, () => (target as { send: (it: unknown) => Promise<unknown> }).send(command));
      };
    },
  });
}
