import t from 'tap';
import { readEvent } from '../../src/executor/read-event.ts';

const RECORD = {
  eventID: '1',
  dynamodb: { SequenceNumber: '1', NewImage: { pk: { S: 'DEPARTMENT#koa' }, sk: { S: 'DEPARTMENT' } } },
};

t.test('what the stream, the schedules, a replay and the daily rule send is known', (t) => {
  t.strictSame(readEvent({ Records: [RECORD] }), { Records: [RECORD] });
  // As EventBridge sends it: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html
  const scheduled = { version: '0', 'detail-type': 'Scheduled Event', source: 'aws.events', resources: [], detail: {} };
  t.strictSame(readEvent(scheduled), { source: 'aws.events' });
  t.strictSame(readEvent({ source: 'aws.scheduler' }), { source: 'aws.scheduler' });
  t.strictSame(readEvent({ department: 'koa' }), { department: 'koa' });
  t.strictSame(readEvent({ look: 'drift' }), { look: 'drift' });
  t.end();
});

const UNKNOWN: readonly unknown[] = [
  { look: 'drifts' },
  { look: true },
  { looks: 'drift' },
  { look: 'drift', department: 'koa' },
  { source: 'aws.s3' },
  { department: '../koa' },
  { department: 7 },
  { Records: 'all' },
  { Records: [null] },
  {},
  [],
  null,
  undefined,
  'drift',
];
for (const event of UNKNOWN) {
  t.test(`an event that the executor does not know is refused with what it takes: ${JSON.stringify(event)}`, (t) => {
    const sent = JSON.stringify(event) ?? 'nothing';
    t.throws(() => readEvent(event), {
      message: `The executor does not know the event ${sent}. It takes records of the state table's stream ({"Records": […]}), a schedule ({"source": "aws.events"} or {"source": "aws.scheduler"}), one department ({"department": "koa"}), and the look for drift ({"look": "drift"}).`,
    });
    t.end();
  });
}
