import t from 'tap';
import type { Asked } from '../support/both-faces.ts';
import { ACCESS, ACCOUNT, EXACT, startBench } from './bench.ts';

t.test('what died between its effect and its record is finished by the next ring', async (t) => {
  // The story ends with nothing left, so that one department can play it for each call.
  const { accept, ring, faults, operation, breaches: wrong } = await startBench(t);
  await accept('putAccountAccess', { ...ACCESS, accounts: ACCOUNT }).catch(() => undefined);
  await ring();
  for (const call of [
    'CreateRepository',
    'SetRepositoryPolicy',
    'PutLifecyclePolicy',
    'CreateRole',
    'PutRolePolicy',
    'UpdateAssumeRolePolicy',
    'DeleteRole',
    'DeleteRolePolicy',
    'DeleteRepository',
  ]) {
    await t.test(call, async (t) => {
      const steps: readonly (readonly [string, (made: Record<string, string>) => Asked])[] = [
        ['createRepository', () => ({ department: 'koa', name: 'app', lifecyclePolicy: 'expire-untagged-14-days' })],
        ['createGrant', () => ({ ...EXACT, repositories: ['app'] })],
        ['revokeGrant', ({ grant }) => ({ department: 'koa', id: grant })],
        ['deleteRepository', () => ({ name: 'app' })],
      ];
      const made: Record<string, string> = {};
      let cut = 0;
      for (const [id, asked] of steps) {
        const accepted = await accept(id, asked(made));
        if (accepted.answer.body.grant != null) made['grant'] = accepted.answer.body.grant.id as string;
        faults.after = (request) => {
          if (request.operation !== call || cut >= 3) return undefined;
          cut++;
          return { kind: 'disconnect' };
        };
        let rings = 0;
        while ((await ring()) === 'left' && rings < 5) rings++;
        t.match(await operation(accepted.operation), { status: 'succeeded' }, id);
        faults.after = undefined;
      }
      t.ok(cut >= 1, `${call} was cut off`);
      t.strictSame(await wrong(), []);
    });
  }
});
