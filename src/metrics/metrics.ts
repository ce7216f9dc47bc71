/** Where all metrics of the service are; infra/alarms.tf and infra/dashboard.tf read them there. */
export const METRIC_NAMESPACE = 'EcrControlPlane';

/** Something that is worth counting. */
export type Measurement =
  /** An operation has ended; `latencyMs` is the time from its acceptance to its outcome, in milliseconds. */
  | { readonly kind: 'mutation'; readonly outcome: 'succeeded' | 'failed'; readonly latencyMs: number }
  /** A caller was refused; `reason` is the error's code, never anything that the caller chose. */
  | { readonly kind: 'denial'; readonly reason: string }
  /** How many operations wait for AWS, over all departments. */
  | { readonly kind: 'pending'; readonly operations: number }
  /** How many resources in AWS differ from the state. */
  | { readonly kind: 'drift'; readonly resources: number };

/** A log line from which CloudWatch makes metrics. */
export type EmbeddedMetric = Readonly<Record<string, unknown>>;

interface Metric {
  readonly name: string;
  readonly unit: 'Count' | 'Milliseconds';
  readonly value: number;
  /** A dimension beside the deployment; the metric is kept without it as well. */
  readonly by?: readonly [name: string, value: string];
}

/**
 * A measurement in CloudWatch's embedded metric format: fields of one line of JSON in a Lambda's log, which cost no call.
 * @param deployment name of the state table: it tells deployments in one account apart
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function embeddedMetric(measurement: Measurement, deployment: string, at: Date): EmbeddedMetric {
  const metrics = metricsOf(measurement);
  const extra = metrics.flatMap(({ by }) => (by === undefined ? [] : [by]));
  const dimensionSets = (by: Metric['by']): readonly (readonly string[])[] => [
    ['Deployment'],
    ...(by === undefined ? [] : [['Deployment', by[0]]]),
  ];
  return {
    _aws: {
      Timestamp: at.getTime(),
      CloudWatchMetrics: metrics.map(({ name, unit, by }) => ({
        Namespace: METRIC_NAMESPACE,
        Dimensions: dimensionSets(by),
        Metrics: [{ Name: name, Unit: unit }],
      })),
    },
    Deployment: deployment,
    ...Object.fromEntries(extra),
    ...Object.fromEntries(metrics.map(({ name, value }) => [name, value])),
  };
}

function metricsOf(measurement: Measurement): readonly Metric[] {
  switch (measurement.kind) {
    case 'mutation':
      return [
        { name: 'Mutations', unit: 'Count', value: 1, by: ['Outcome', measurement.outcome] },
        { name: 'LatencyToAws', unit: 'Milliseconds', value: measurement.latencyMs },
      ];
    case 'denial':
      return [{ name: 'Denials', unit: 'Count', value: 1, by: ['Reason', measurement.reason] }];
    case 'pending':
      return [{ name: 'PendingOperations', unit: 'Count', value: measurement.operations }];
    case 'drift':
      return [{ name: 'Drift', unit: 'Count', value: measurement.resources }];
  }
}
