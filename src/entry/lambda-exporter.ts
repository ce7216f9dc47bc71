import { anchorChains } from '../audit/bulk/anchor.ts';
import { bulkExport } from '../audit/bulk/bulk-export.ts';
import { cloudEventSource } from '../audit/cloud-event.ts';
import { s3Target } from '../audit/bulk/s3-target.ts';
import { kmsSigner } from '../audit/bulk/sign.ts';
import { readConfig } from '../config/config.ts';
import { tablesOf } from '../compose/connections.ts';

const config = readConfig(process.env);
const tables = tablesOf(config, {});

/**
 * The nightly schedule → a bulk export of the audit log into `ECP_EXPORT_BUCKET`, and with it an anchor of all chains; without a bucket
 * an anchor alone.
 */
export async function handler(): Promise<{ readonly export?: number; readonly chains: number }> {
  const now = (): Date => new Date();
  const { ECP_EXPORT_BUCKET: bucket, ECP_EXPORT_PREFIX: prefix, ECP_EXPORT_KMS_KEY: key } = process.env;
  if (bucket === undefined) return { chains: (await anchorChains(tables, now)).length };
  const { number, heads } = await bulkExport({
    tables,
    source: cloudEventSource(config.aws),
    target: s3Target({ bucket, region: config.aws.region, ...(prefix === undefined ? {} : { prefix }) }),
    now,
    ...(key === undefined ? {} : { sign: kmsSigner(key, config.aws.region) }),
  });
  return { export: number, chains: heads.length };
}
