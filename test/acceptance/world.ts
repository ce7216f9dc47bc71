import { deepEqual, equal, ok } from 'node:assert/strict';
import { getNamedType, Kind, parse, type OperationDefinitionNode } from 'graphql';
import type { Job } from '../../src/local/github/job.ts';
import { breaches, operationFor } from '../support/answer-schemas.ts';
import { graphqlMutation, restRequest, SCHEMA, selection, type Asked } from '../support/both-faces.ts';
import type { Answer, Ask } from '../support/service.ts';
import type { Form } from './form.ts';
import { bytesOf, type HttpRequest } from './http.ts';

/** What the suite's checks share while they play against one form: hands, and a record of what was really answered. */
export interface World {
  readonly form: Form;
  /** Asks the REST API. The answer is held against openapi.yaml. */
  readonly ask: (as: Job | undefined, request: Ask & { readonly raw?: string }) => Promise<Answer>;
  /** Asks for an operation in words that both APIs share; over REST. */
  readonly rest: (as: Job | undefined, id: string, asked: Asked) => Promise<Answer>;
  /** The same mutation over GraphQL: its payload. @throws when it is not answered with data alone */
  readonly mutate: (as: Job, id: string, asked: Asked) => Promise<Json>;
  /** A root field of the query type with all its plain fields, its arguments as they are written in a document. */
  readonly query: (as: Job, field: string, written?: string) => Promise<Json>;
  /** A GraphQL request as it is. */
  readonly graphql: (
    as: Job | undefined,
    document: string,
    variables?: Readonly<Record<string, unknown>>,
  ) => Promise<Answer>;
  /** Waits until an operation is over. */
  readonly over: (as: Job, operation: string) => Promise<Json>;
  /** What was answered well: operations over REST by their id, root fields of GraphQL as `query x` or `mutation x`. */
  readonly answered: ReadonlySet<string>;
  /** Each status that an operation was answered with over REST, such as `createGrant 201`. */
  readonly statuses: ReadonlySet<string>;
  /** What one check leaves for those after it. */
  readonly learned: Map<string, string>;
}

// Checks look into answers of every shape.
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any;

/** How long an operation may take that answered 202, in polls of a tenth of a second; a busy machine is slow. */
const MOST_POLLS = 600;

/** The world of a form that has just been started. */
export function newWorld(form: Form): World {
  const answered = new Set<string>();
  const statuses = new Set<string>();
  const send = async (
    as: Job | undefined,
    request: Omit<HttpRequest, 'headers'> & Pick<Ask, 'headers'>,
  ): Promise<Answer> => {
    const authorization = as === undefined ? {} : { authorization: `Bearer ${await form.token(as)}` };
    const got = await form.send({ ...request, headers: { ...authorization, ...request.headers } });
    const text = (await bytesOf(got)).toString();
    const type = got.headers['content-type'] ?? '';
    return {
      status: got.status,
      headers: got.headers as Answer['headers'],
      text,
      body: /\bjson\b/.test(type) && text !== '' ? JSON.parse(text) : undefined,
    };
  };
  const ask: World['ask'] = async (as, { method = 'GET', path, body, raw, headers }) => {
    const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const type = sent === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await send(as, {
      method,
      path,
      headers: { ...type, ...headers },
      ...(sent === undefined ? {} : { body: sent }),
    });
    const operation = operationFor(method, path);
    if (operation !== undefined) {
      deepEqual(breaches(operation, answer), [], `${method} ${path} is answered as openapi.yaml says`);
      statuses.add(`${operation.id} ${answer.status}`);
      if (answer.status < 300) answered.add(operation.id);
    }
    return answer;
  };
  const graphql: World['graphql'] = async (as, document, variables = {}) => {
    const answer = await ask(as, {
      method: 'POST',
      path: '/graphql',
      body: { query: document, variables },
      headers: { accept: 'application/graphql-response+json' },
    });
    for (const field of answeredFields(document, answer.body)) answered.add(field);
    return answer;
  };
  const world: World = {
    form,
    ask,
    rest: (as, id, asked) => ask(as, restRequest(id, asked)),
    mutate: async (as, id, asked) => {
      const { query, variables } = graphqlMutation(id, asked).body as Json;
      return dataOf(await graphql(as, query, variables))[id];
    },
    query: async (as, field, written = '') => {
      const type = SCHEMA.getQueryType()?.getFields()[field]?.type;
      if (type === undefined) throw new Error(`The schema has no query ${field}.`);
      return dataOf(await graphql(as, `{ ${field}${written} ${selection(getNamedType(type))} }`))[field];
    },
    graphql,
    over: async (as, operation) => {
      for (let polls = 0; polls < MOST_POLLS; polls++) {
        const { body } = await ask(as, { path: `/v1/operations/${operation}` });
        if (body.status !== 'pending') return body;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error(`The operation ${operation} did not end.`);
    },
    answered,
    statuses,
    learned: new Map(),
  };
  return world;
}

/** Holds an answer to a status, and a problem to its code. */
export function expectStatus(answer: Answer, status: number, code?: string): Answer {
  equal(answer.status, status, `answered ${answer.status}, not ${status}: ${answer.text.slice(0, 400)}`);
  if (code !== undefined) equal(answer.body?.code, code);
  return answer;
}

/** What a check left for this one. */
export function learnedBy({ learned }: World, name: string): string {
  const value = learned.get(name);
  if (value === undefined) throw new Error(`No check before this one learned ${name}.`);
  return value;
}

function dataOf({ status, body, text }: Answer): Json {
  equal(status, 200, text.slice(0, 400));
  ok(body.errors === undefined, text.slice(0, 400));
  return body.data;
}

/** The root fields of a document that have a value in its answer. */
function answeredFields(document: string, body: Json): readonly string[] {
  if (body?.data === undefined || body.data === null) return [];
  const definition = parseQuietly(document);
  return Object.entries(body.data as Record<string, unknown>)
    .filter(([, value]) => value !== null)
    .map(([field]) => `${definition?.operation ?? 'query'} ${field}`);
}

function parseQuietly(document: string): OperationDefinitionNode | undefined {
  try {
    return parse(document).definitions.find(
      ({ kind }) => kind === Kind.OPERATION_DEFINITION,
    ) as OperationDefinitionNode;
  } catch {
    return undefined;
  }
}
