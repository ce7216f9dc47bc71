import { composeApi } from '../compose/compose-api.ts';
import { readConfig } from '../config/config.ts';
import { loadContracts } from '../contract/contract-source.ts';
import { behindHttpApi, sourceAddress } from '../http/http-api.ts';
import { lambdaLogger } from '../compose/lambda-logger.ts';

const config = readConfig(process.env);
const contracts = loadContracts();
const logger = lambdaLogger();
const app = composeApi({ config, ...contracts, logger, addressOf: sourceAddress });

/** API Gateway's event → the app. */
export const handler = behindHttpApi({ app, contract: contracts.contract, docsBaseUrl: config.docsBaseUrl, logger });

// What can be made ready before the first event is.
await app.ready();
