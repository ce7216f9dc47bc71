import { readFileSync } from 'node:fs';
import t from 'tap';
import { embeddedMetric, METRIC_NAMESPACE, type Measurement } from '../../src/metrics/metrics.ts';

const AT = new Date('2026-11-24T12:00:00Z');
const MEASUREMENTS: readonly Measurement[] = [
  { kind: 'mutation', outcome: 'succeeded', latencyMs: 840 },
  { kind: 'mutation', outcome: 'failed', latencyMs: 12 },
  { kind: 'denial', reason: 'forbidden' },
  { kind: 'pending', operations: 3 },
  { kind: 'drift', resources: 0 },
];

interface Line {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
}

const lines = MEASUREMENTS.map(
  (measurement) => embeddedMetric(measurement, 'ecp-state', AT) as unknown as Line & Record<string, unknown>,
);

t.test('each line is one from which CloudWatch makes metrics', async (t) => {
  for (const line of lines) {
    t.equal(line._aws.Timestamp, AT.getTime());
    for (const { Namespace, Dimensions, Metrics } of line._aws.CloudWatchMetrics) {
      t.equal(Namespace, METRIC_NAMESPACE);
      t.ok(Dimensions.length > 0 && Dimensions.every((set) => set.length <= 30));
      for (const name of Dimensions.flat()) t.type(line[name], 'string', `the line says what its ${name} is`);
      for (const { Name } of Metrics) t.type(line[Name], 'number', `the line says how much its ${Name} is`);
    }
  }
});

t.test('a mutation counts by its outcome, and in all', async (t) => {
  t.match(lines[0], { Mutations: 1, Outcome: 'succeeded', LatencyToAws: 840, Deployment: 'ecp-state' });
  t.strictSame(lines[1]?._aws.CloudWatchMetrics[0]?.Dimensions, [['Deployment'], ['Deployment', 'Outcome']]);
});

t.test('what the alarms and the dashboard read is what is written', async (t) => {
  const written = new Set(
    lines.flatMap(({ _aws }) =>
      _aws.CloudWatchMetrics.flatMap(({ Metrics, Dimensions }) => [
        ...Metrics.map(({ Name }) => Name),
        ...Dimensions.flat(),
      ]),
    ),
  );
  const alarms = readFileSync('infra/alarms.tf', 'utf8');
  t.match(alarms, `metric_namespace  = "${METRIC_NAMESPACE}"`);
  const inAlarms = [...alarms.matchAll(/namespace {3}= local\.metric_namespace\s+metric {6}= "(\w+)"/g)].map(
    ([, name]) => name,
  );
  const inDashboard = [
    ...readFileSync('infra/dashboard.json.tftpl', 'utf8').matchAll(
      /\["\$\{namespace\}", "(\w+)", "(\w+)", "\$\{deployment\}"(?:, "(\w+)", "\w+")?/g,
    ),
  ].flatMap(([, ...names]) => names.filter((name) => name !== undefined));
  t.ok(
    inAlarms.length >= 2 && inDashboard.length >= 6,
    `${inAlarms.length} alarms, ${inDashboard.length} names on the dashboard`,
  );
  for (const name of [...inAlarms, ...inDashboard]) t.ok(written.has(name ?? ''), String(name));
  t.match(
    readFileSync('infra/dashboard.json.tftpl', 'utf8'),
    /\{\$\{namespace\},Deployment,Reason\} MetricName=\\"Denials\\"/,
  );
});
