import type { ProviderBehaviour, Values } from '../../../scripts/provider-stand-in.ts';
import { argumentsOf } from '../arguments.ts';
import { DYNAMODB } from './dynamodb.ts';
import { GATEWAY } from './gateway.ts';
import { IAM } from './iam.ts';
import { LAMBDA } from './lambda.ts';
import { MESSAGES } from './messages.ts';
import type { Place, Row } from './row.ts';
import { STORAGE } from './storage.ts';

/** What a running system does not show: planned, and not created. Their meaning is held on planned values (infra/tests). */
const NOT_CREATED: Readonly<Record<string, (values: Values, place: Place) => Values>> = {
  aws_cloudwatch_metric_alarm: (values, { region, accountId }) => ({
    arn: `arn:aws:cloudwatch:${region}:${accountId}:alarm:${String(values['alarm_name'])}`,
  }),
  aws_cloudwatch_dashboard: () => ({}),
};

/** How a resource is created, by its type. */
const ROWS: Readonly<Record<string, Row>> = {
  ...GATEWAY,
  ...LAMBDA,
  ...DYNAMODB,
  ...IAM,
  ...STORAGE,
  ...MESSAGES,
};

/** Data sources, as the account that is deployed to answers them. */
const DATA: Readonly<Record<string, (place: Place) => Values>> = {
  aws_caller_identity: ({ accountId }) => ({
    account_id: accountId,
    id: accountId,
    arn: `arn:aws:iam::${accountId}:root`,
    user_id: accountId,
  }),
  aws_partition: () => ({ partition: 'aws', id: 'aws', dns_suffix: 'amazonaws.com' }),
  aws_region: ({ region }) => ({ region, name: region, id: region }),
};

/**
 * A provider that creates each resource in `place` by its row.
 * Fails for a type without a row, for a reference that nothing resolves, and for an argument that its row does not read.
 */
export function providerFor(place: Place): ProviderBehaviour {
  return {
    read: async (type) => {
      const answer = DATA[type];
      if (answer === undefined) throw new Error(`Nothing answers the data source ${type}.`);
      return answer(place);
    },
    create: async (type, values) => {
      const pretend = NOT_CREATED[type];
      if (pretend !== undefined) return pretend(values, place);
      const row = ROWS[type];
      if (row === undefined) throw new Error(`No row creates ${type}.`);
      const given = argumentsOf(type, values);
      const made = await row(given, place);
      const unread = given.unread();
      if (unread.length > 0) throw new Error(`The row of ${type} does not read ${unread.join(', ')}.`);
      return made;
    },
  };
}
