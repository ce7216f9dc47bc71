import type { CommandName } from '../authorize/rules.ts';
import type { Input } from '../core.ts';
import type { Subject } from '../../model/operation.ts';

/**
 * What a request is about, by what it names alone: for a refusal, which must not depend on what is there. `undefined` where it names no
 * thing, such as a list of all departments.
 */
export function askedSubject(name: CommandName, { params, body }: Input): Subject | undefined {
  const [type, id] = named(name, params, body);
  return typeof id === 'string' && id !== '' ? { type, id } : undefined;
}

function named(name: CommandName, params: Input['params'], body: Input['body']): readonly [Subject['type'], unknown] {
  switch (name) {
    case 'createDepartment':
      return ['department', body['id']];
    case 'createRepository':
      return ['repository', body['name']];
    case 'createGrant':
      // It has no id yet, and is known by whom it is for.
      return ['grant', `${String(body['organisation'])}/${String(body['repository'])}`];
    case 'putAccountAccess':
    case 'getAccountAccess':
      return ['account-access', params['department']];
    case 'getGrant':
    case 'updateGrant':
    case 'revokeGrant':
    case 'getGrantWorkflow':
      return ['grant', params['id']];
    default:
      if (params['login'] !== undefined) return ['organisation', params['login']];
      return params['name'] === undefined ? ['department', params['department']] : ['repository', params['name']];
  }
}
