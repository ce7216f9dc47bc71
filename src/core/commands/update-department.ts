import type { InputOf } from '../input.ts';
import type { Department } from '../../model/department.ts';
import { departmentView } from '../views/department.ts';
import { checkAcknowledged, checkIfMatch, checkNotPending, present } from './checks.ts';
import { nothingElse, type Command } from './command.ts';
import { departmentInPath } from '../look-ups.ts';
import { checkManagers } from './managers.ts';

/** Changes a department's name for people, its managers, or its switch for self-service. AWS is not touched. */
export const updateDepartment: Command<'updateDepartment'> = {
  name: 'updateDepartment',
  departmentOf: departmentInPath,
  look: nothingElse,
  decide: ({ input, state, ifMatch, now }) => {
    const { department } = present(state);
    checkIfMatch(ifMatch, department);
    checkNotPending(department, `Department ${department.id}`);
    const next = changed(department, input.body, now);
    // What was acknowledged when the managers were set is not asked again for another change.
    const needed = input.body.managers === undefined ? [] : checkManagers(next.managers);
    checkAcknowledged(needed, input.body.acknowledge, { managers: next.managers });
    return {
      department: next,
      subject: { type: 'department', id: next.id },
      writes: [],
      claims: [],
      targets: [],
      plan: [],
      total: 0,
      answer: { entityName: 'department', entity: departmentView(next), revision: next.revision, created: false },
    };
  },
};

function changed(department: Department, body: InputOf<'updateDepartment'>['body'], now: string): Department {
  const {
    displayName = department.displayName,
    managers = department.managers,
    selfService = department.selfService,
  } = body;
  return {
    ...department,
    displayName,
    managers,
    selfService,
    updatedAt: now,
    revision: department.revision + 1,
  };
}
