import t from 'tap';
import { KOA, onboardKoaAndPol, startService, STRANGER } from '../../support/service.ts';

t.test('a department creates a repository, grants itself and gets a workflow', async (t) => {
  const service = await startService(t);
  await onboardKoaAndPol(service);
  const created = await service.ask(KOA, {
    method: 'POST',
    path: '/v1/departments/koa/repositories',
    body: { name: 'giftcard-service' },
  });
  t.equal(created.status, 201, created.text);
  const granted = await service.ask(KOA, {
    method: 'POST',
    path: '/v1/departments/koa/grants',
    body: { organisation: 'JPPOL-KOA', repository: 'GiftCardService' },
  });
  t.equal(granted.status, 201, granted.text);
  const workflow = await service.ask(KOA, { path: `/v1/departments/koa/grants/${granted.body.grant.id}/workflow` });
  t.equal(workflow.status, 200, workflow.text);
  t.match(workflow.text, granted.body.grant.pushRoleArn);
  const stranger = await service.ask(STRANGER, { path: '/v1/departments/koa' });
  t.equal(stranger.status, 404);
});
