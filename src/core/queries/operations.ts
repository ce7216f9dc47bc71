import { readOperation, readOperationDepartment } from '../../ledger/read.ts';
import { notFound } from '../errors.ts';
import { isFromBefore } from '../../model/present-life.ts';
import { operationView } from '../views/operation.ts';
import type { Query } from './query.ts';

export const getOperation: Query<'getOperation'> = {
  name: 'getOperation',
  about: 'record',
  departmentOf: (input, { tables }) => readOperationDepartment(tables, input.params.id),
  answer: async ({ parts, input, life }) => {
    const operation = await readOperation(parts.tables, input.params.id);
    if (operation === undefined || isFromBefore(operation, life)) throw notFound();
    return { value: operationView(operation) };
  },
};
