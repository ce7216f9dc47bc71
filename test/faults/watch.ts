import { operationKey } from '../../src/ledger/keys.ts';
import { readDepartmentItem, readOperation } from '../../src/ledger/read.ts';
import type { Resources } from '../../src/plan/resources.ts';
import { accessOf, probesOf } from './access.ts';
import { writesToAws, type Call, type GateRules } from './gate.ts';
import type { Place } from './scenarios.ts';
import { resourceOf, type Effect, type FaultWorld } from './world.ts';

/** Who is about to write to AWS, and for what. */
export interface Intent {
  /** Such as `call 12 (executor, ecr:SetRepositoryPolicy)`. */
  readonly call: string;
  readonly resource: string;
  /** The operation that the process has begun last; absent for whoever writes by hand. */
  readonly underWay: string | undefined;
  /** The pending operations that mean it. */
  readonly meantBy: readonly string[];
  /** Where the department is in its line of transactions. */
  readonly position: number;
}

/** One write that had its effect in AWS, and what is in AWS after it. */
export interface SeenWrite {
  /** Of the process that wrote; absent for whoever writes by hand. */
  readonly intent: Intent | undefined;
  /** In words. */
  readonly what: string;
  /** Where the department was in its line of transactions after it: no later state can have been the reason for it. */
  readonly position: number;
  readonly stands: Resources;
}

/**
 * What is seen of a department while it is at work, to hold it against what is promised once it is at rest. AWS tells what
 * was done, in the order in which it was done, and the ledger what was committed; nothing is judged before all is known.
 */
export interface Watch {
  readonly world: FaultWorld;
  readonly place: Place;
  /** Names that were written to in AWS. */
  readonly touched: { readonly repositories: Set<string>; readonly roles: Set<string> };
  readonly intents: Intent[];
  readonly writes: SeenWrite[];
  /** Where the department was in its line of transactions when the watch began, and what was in AWS then. */
  begin: Pick<SeenWrite, 'position' | 'stands'>;
  /** What is in AWS. */
  aws: Resources;
  /** Who is writing: by its lease a department has one writer at a time. */
  writer: Intent | undefined;
  /** Writes are looked at one after the other, in their order. */
  looking: Promise<void>;
}

/** Watches a department that is at rest. */
export async function startWatch(world: FaultWorld, place: Place): Promise<Watch> {
  const { repositories, roles } = await world.desired(place.department);
  const aws = await world.observed({ repositories: repositories.keys(), roles: roles.keys() });
  const watch: Watch = {
    world,
    place,
    touched: { repositories: new Set(), roles: new Set() },
    intents: [],
    writes: [],
    begin: { position: 0, stands: aws },
    aws,
    writer: undefined,
    looking: Promise.resolve(),
  };
  await startAnew(watch);
  world.onEffect.set(place.department, (effect) => {
    watch.looking = watch.looking.then(() => noteWrite(watch, effect));
    return watch.looking;
  });
  return watch;
}

/** Forgets what was seen: what comes from now on is held against the state as it is now. */
export async function startAnew(watch: Watch): Promise<void> {
  watch.intents.length = 0;
  watch.writes.length = 0;
  watch.begin = { position: await positionOf(watch), stands: watch.aws };
}

/** What the watch is to be told by one process of what it sends. */
export function watching(watch: Watch): Required<Pick<GateRules, 'onSending'>> {
  let underWay: string | undefined;
  return {
    onSending: async (call) => {
      underWay = begunBy(call) ?? underWay;
      if (writesToAws(call)) await noteIntent(watch, call, underWay);
    },
  };
}

/** The operation that an executor begins with this call: it counts its attempt first. */
function begunBy({ process, operation, input }: Call): string | undefined {
  if (process !== 'executor' || operation !== 'Update') return undefined;
  const { pk } = input['Key'] as { readonly pk: string };
  const prefix = operationKey('').pk;
  return pk.startsWith(prefix) ? pk.slice(prefix.length) : undefined;
}

/** A write to AWS belongs to an operation that the ledger says is on its way; that it was accepted before is seen in the end. */
async function noteIntent(watch: Watch, call: Call, underWay: string | undefined): Promise<void> {
  const { kind, name } = resourceOf(call.input);
  watch.touched[kind].add(name);
  const { tables } = watch.world.embedded.executor;
  const item = await readDepartmentItem(tables, watch.place.department);
  const operations = await Promise.all((item?.head.pendingOperations ?? []).map((id) => readOperation(tables, id)));
  const meaning = operations.filter(
    (operation) =>
      operation?.targets.some((target) =>
        target.kind === 'repository-policies' ? call.operation.endsWith('RepositoryPolicy') : target.name === name,
      ) === true,
  );
  watch.writer = {
    call: `call ${call.number} (${call.process}, ${call.service}:${call.operation})`,
    resource: name,
    underWay,
    meantBy: meaning.flatMap((operation) => operation?.id ?? []),
    position: item?.head.auditSeq ?? 0,
  };
  watch.intents.push(watch.writer);
}

async function noteWrite(watch: Watch, { operation, kind, name }: Effect): Promise<void> {
  const found = await watch.world.observed({ repositories: [], roles: [], [kind]: [name] });
  watch.touched[kind].add(name);
  watch.aws = {
    repositories: new Map([...watch.aws.repositories, ...found.repositories]),
    roles: new Map([...watch.aws.roles, ...found.roles]),
  };
  const { writer } = watch;
  const intent = writer?.resource === name && writer.call.includes(`:${operation})`) ? writer : undefined;
  watch.writes.push({
    intent,
    what: intent?.call ?? `${operation} on ${name} by hand`,
    position: await positionOf(watch),
    stands: watch.aws,
  });
}

async function positionOf({ world, place }: Watch): Promise<number> {
  return (await readDepartmentItem(world.embedded.executor.tables, place.department))?.head.auditSeq ?? 0;
}

/** What the probes may do with what is in AWS, or is to be. */
export function accessIn({ world, place }: Watch, resources: Resources): ReadonlySet<string> {
  return accessOf(resources, probesOf(place.organisation, place.other), world.embedded.executor.settings);
}
