import type { Account, Call, Caller } from './account.ts';
import { authenticate } from './authentication.ts';
import { arnOfCaller, checkAuthorized } from './authorization.ts';
import { AwsFault } from './fault.ts';
import { handlerOf } from './handlers.ts';
import type { EmbeddedAwsHooks, EmbeddedAwsRequest, Hook } from './hooks.ts';
import { jsonAnswer, jsonFault, parseJson, targetOperation } from './json11.ts';
import type { ServiceName } from './actions.ts';
import { parseQuery, xmlAnswer, xmlFault } from './query-xml.ts';
import type { SignedRequest } from './signature.ts';
import { readInput } from './validate.ts';
import type { WireAnswer } from './wire.ts';

/** A request whose protocol was understood: what is asked for, and how to write the answer. */
interface Understood {
  readonly service: ServiceName;
  readonly operation: string;
  readonly input: unknown;
  readonly write: (output: object) => WireAnswer;
}

/** Answers one request from its bytes: protocol, signature, input, permission, hooks and effect, in that order. */
export async function answerRequest(
  account: Account,
  hooks: EmbeddedAwsHooks,
  request: SignedRequest,
  requestId: string,
): Promise<WireAnswer | 'disconnect'> {
  const target = request.headers['x-amz-target'];
  const writeFault = (service: ServiceName, fault: AwsFault): WireAnswer =>
    target === undefined ? xmlFault(service, fault, requestId) : jsonFault(fault);
  let service: ServiceName = target === undefined ? 'iam' : 'ecr';
  try {
    const understood = target === undefined ? understandQuery(request, requestId) : understandJson(request, target);
    service = understood.service;
    return await carryOut(account, hooks, request, understood);
  } catch (error) {
    if (error instanceof AwsFault) return writeFault(service, error);
    console.error('The embedded AWS failed', error);
    return writeFault(service, internalFailure(service));
  }
}

function understandJson(request: SignedRequest, target: string): Understood {
  const operation = targetOperation(target);
  if (operation === undefined)
    throw new AwsFault('UnknownOperationException', 400, `Unknown target ${target.slice(0, 80)}`);
  return { service: 'ecr', operation, input: parseJson(request.body.toString('utf8')), write: jsonAnswer };
}

function understandQuery(request: SignedRequest, requestId: string): Understood {
  const { service, operation, input } = parseQuery(
    request.method === 'GET' ? (request.url.split('?')[1] ?? '') : request.body.toString('utf8'),
  );
  return { service, operation, input, write: (output) => xmlAnswer(service, operation, output, requestId) };
}

async function carryOut(
  account: Account,
  hooks: EmbeddedAwsHooks,
  request: SignedRequest,
  { service, operation, input: raw, write }: Understood,
): Promise<WireAnswer | 'disconnect'> {
  if (handlerOf(service, operation) === undefined) throw unknownOperation(service, operation);
  const unsigned = operation === 'AssumeRoleWithWebIdentity';
  const caller: Caller = unsigned ? { kind: 'unsigned' } : await authenticate(account, service, request);
  const output = await perform({ account, caller }, hooks, service, operation, raw);
  return output === 'disconnect' ? output : write(output);
}

/**
 * Carries one operation out for a caller who was made sure of: input, permission, hooks and effect, in that order.
 * @throws AwsFault
 */
export async function perform(
  call: Call,
  hooks: EmbeddedAwsHooks,
  service: ServiceName,
  operation: string,
  raw: unknown,
): Promise<object | 'disconnect'> {
  const handler = handlerOf(service, operation);
  if (handler === undefined) throw unknownOperation(service, operation);
  const { account, caller } = call;
  const read = readInput(service, operation, raw, service === 'ecr' ? 'json' : 'query');
  const input = withRegistry(account, caller, service, read);
  const observed: EmbeddedAwsRequest = { service, operation, input, callerArn: arnOfCaller(account, caller) };
  const early = await hooked(hooks.before, observed);
  if (early !== undefined) return early;
  checkAuthorized(call, service, operation, input);
  const output = await handler(call, input);
  return (await hooked(hooks.after, observed)) ?? output;
}

/** A registry that is not named is the caller's own, which for another account's caller is not the one here. */
function withRegistry(account: Account, caller: Caller, service: ServiceName, input: object): object {
  if (service !== 'ecr' || caller.kind !== 'root' || caller.accountId === account.id) return input;
  return { registryId: caller.accountId, ...input };
}

async function hooked(
  hook: Hook | undefined,
  observed: EmbeddedAwsRequest,
): Promise<object | 'disconnect' | undefined> {
  const answer = await hook?.(observed);
  if (answer === undefined) return undefined;
  if (answer.kind === 'fault') throw new AwsFault(answer.code, answer.status, answer.message);
  return answer.kind === 'output' ? answer.output : 'disconnect';
}

function unknownOperation(service: ServiceName, operation: string): AwsFault {
  const name = operation.slice(0, 80);
  return service === 'ecr'
    ? new AwsFault('UnknownOperationException', 400, `The embedded AWS does not offer ${name}`)
    : new AwsFault('InvalidAction', 400, `Could not find operation ${name}`);
}

function internalFailure(service: ServiceName): AwsFault {
  const code = service === 'ecr' ? 'ServerException' : service === 'iam' ? 'ServiceFailure' : 'InternalFailure';
  return new AwsFault(code, 500, 'Internal failure');
}
