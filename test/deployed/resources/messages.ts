import {
  CreateLogGroupCommand,
  PutMetricFilterCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { CreatePipeCommand, type DynamoDBStreamStartPosition } from '@aws-sdk/client-pipes';
import { CreateTopicCommand, SetTopicAttributesCommand, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, GetQueueAttributesCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { must, where, type Row } from './row.ts';

const queue: Row = async (given, { clients: { sqs } }) => {
  const { QueueUrl } = await sqs.send(
    new CreateQueueCommand({
      QueueName: given.text('name'),
      Attributes: {
        ...where('MessageRetentionPeriod', given.maybeNumber('message_retention_seconds')?.toString()),
        ...where('KmsMasterKeyId', given.maybeText('kms_master_key_id')),
      },
      tags: given.map('tags'),
    }),
  );
  const url = must(QueueUrl, 'QueueUrl');
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }));
  return { id: url, url, arn: must(Attributes?.['QueueArn'], 'QueueArn') };
};

const queuePolicy: Row = async (given, { clients: { sqs }, relax }) => {
  const url = given.text('queue_url');
  const Policy = relax('aws_sqs_queue_policy', given.text('policy'));
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { Policy } }));
  return { id: url };
};

const topic: Row = async (given, { clients: { sns } }) => {
  const { TopicArn } = await sns.send(
    new CreateTopicCommand({
      Name: given.text('name'),
      Attributes: { ...where('KmsMasterKeyId', given.maybeText('kms_master_key_id')) },
      Tags: Object.entries(given.map('tags')).map(([Key, Value]) => ({ Key, Value })),
    }),
  );
  const arn = must(TopicArn, 'TopicArn');
  return { id: arn, arn };
};

const topicPolicy: Row = async (given, { clients: { sns }, relax }) => {
  const arn = given.text('arn');
  const AttributeValue = relax('aws_sns_topic_policy', given.text('policy'));
  await sns.send(new SetTopicAttributesCommand({ TopicArn: arn, AttributeName: 'Policy', AttributeValue }));
  return { id: arn };
};

const subscription: Row = async (given, { clients: { sns } }) => {
  const { SubscriptionArn } = await sns.send(
    new SubscribeCommand({
      TopicArn: given.text('topic_arn'),
      Protocol: given.text('protocol'),
      Endpoint: given.text('endpoint'),
    }),
  );
  return { id: must(SubscriptionArn, 'SubscriptionArn'), arn: SubscriptionArn };
};

const rule: Row = async (given, { clients: { events } }) => {
  const name = given.text('name');
  const { RuleArn } = await events.send(
    new PutRuleCommand({
      Name: name,
      ScheduleExpression: given.text('schedule_expression'),
      ...where('Description', given.maybeText('description')),
      ...where('State', given.maybeText('state') as 'ENABLED' | undefined),
      Tags: Object.entries(given.map('tags')).map(([Key, Value]) => ({ Key, Value })),
    }),
  );
  return { id: name, arn: must(RuleArn, 'RuleArn') };
};

const target: Row = async (given, { clients: { events } }) => {
  const ruleName = given.text('rule');
  await events.send(
    new PutTargetsCommand({
      Rule: ruleName,
      Targets: [
        {
          Id: given.maybeText('target_id') ?? 'only',
          Arn: given.text('arn'),
          ...where('Input', given.maybeText('input')),
        },
      ],
    }),
  );
  return { id: `${ruleName}-target` };
};

const pipe: Row = async (given, { clients: { pipes } }) => {
  const name = given.text('name');
  const source = given.block('source_parameters');
  const stream = source?.block('dynamodb_stream_parameters');
  const filters = source?.block('filter_criteria')?.blocks('filter') ?? [];
  const { Arn } = await pipes.send(
    new CreatePipeCommand({
      Name: name,
      RoleArn: given.text('role_arn'),
      Source: given.text('source'),
      Target: given.text('target'),
      ...where('Description', given.maybeText('description')),
      SourceParameters: {
        ...(stream === undefined
          ? {}
          : {
              DynamoDBStreamParameters: {
                StartingPosition: stream.text('starting_position') as DynamoDBStreamStartPosition,
                ...where('BatchSize', stream.maybeNumber('batch_size')),
                ...where('MaximumRetryAttempts', stream.maybeNumber('maximum_retry_attempts')),
              },
            }),
        FilterCriteria: { Filters: filters.map((one) => ({ Pattern: one.text('pattern') })) },
      },
      Tags: given.map('tags'),
    }),
  );
  return { id: name, arn: must(Arn, 'Arn') };
};

const logGroup: Row = async (given, { clients: { logs }, region, accountId }) => {
  const name = given.text('name');
  await logs.send(
    new CreateLogGroupCommand({
      logGroupName: name,
      ...where('kmsKeyId', given.maybeText('kms_key_id')),
      tags: given.map('tags'),
    }),
  );
  const days = given.maybeNumber('retention_in_days');
  if (days !== undefined) await logs.send(new PutRetentionPolicyCommand({ logGroupName: name, retentionInDays: days }));
  return { id: name, arn: `arn:aws:logs:${region}:${accountId}:log-group:${name}` };
};

const metricFilter: Row = async (given, { clients: { logs } }) => {
  const name = given.text('name');
  const metric = must(given.block('metric_transformation'), 'metric_transformation');
  await logs.send(
    new PutMetricFilterCommand({
      filterName: name,
      logGroupName: given.text('log_group_name'),
      filterPattern: given.text('pattern'),
      metricTransformations: [
        {
          metricName: metric.text('name'),
          metricNamespace: metric.text('namespace'),
          metricValue: metric.text('value'),
        },
      ],
    }),
  );
  return { id: name };
};

/** The resource types of SQS, SNS, EventBridge and CloudWatch Logs. */
export const MESSAGES: Readonly<Record<string, Row>> = {
  aws_sqs_queue: queue,
  aws_sqs_queue_policy: queuePolicy,
  aws_sns_topic: topic,
  aws_sns_topic_policy: topicPolicy,
  aws_sns_topic_subscription: subscription,
  aws_cloudwatch_event_rule: rule,
  aws_cloudwatch_event_target: target,
  aws_pipes_pipe: pipe,
  aws_cloudwatch_log_group: logGroup,
  aws_cloudwatch_log_metric_filter: metricFilter,
};
