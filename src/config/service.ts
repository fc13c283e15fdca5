import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

import { checked, docs, integer, oneOf, text, url, type Values } from './values.js';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export const serviceVariables = {
  MEET_CONFIG_DIR: text().optional().register(docs, {
    description: 'Path of the dotenv file with further variables. Variables of the environment win over those of the file.',
    defaultText: '`.env`; with `NODE_ENV=development` `.env.dev`, with `test` and `ci` `.env.test`',
  }),
  NODE_ENV: text().optional().register(docs, {
    description:
      'With `production`, Tally refuses a real LiveKit beside the embedded store, unless `TALLY_STORE=embedded` asks for it.',
  }),
  SERVER_PORT: integer(0, 65_535)
    .default(6080)
    .register(docs, { description: 'Port of the HTTP server; with 0 Tally takes a free port and prints it.' }),
  TALLY_HOST: text().default('127.0.0.1').register(docs, {
    description:
      'Address on which the HTTP server listens. It must be loopback while the LiveKit secret is the published default.',
  }),
  SERVER_CORS_ORIGIN: checked('must be the value of a header', (given) => /^[\x20-\x7e]+$/.test(given))
    .default('*')
    .register(docs, { description: 'Value of `Access-Control-Allow-Origin`.' }),
  TALLY_TRUST_PROXY: integer(0, 10).optional().register(docs, {
    description: 'Number of proxies in front of Tally that are trusted for `X-Forwarded-Proto` and `X-Forwarded-For`.',
    unit: 'hops',
    defaultText: '0 with the embedded store, else 1',
  }),
  MEET_BASE_URL: url(['https', 'http']).optional().register(docs, {
    description: 'Fixed external URL for generated links.',
    defaultText: "the request's own address",
  }),
  MEET_LOG_LEVEL: oneOf(LOG_LEVELS, { verbose: 'debug', silly: 'trace' })
    .default('info')
    .register(docs, {
      description: `Lowest level that Tally logs: ${LOG_LEVELS.join(', ')}.`,
    }),
  MEET_NAME_ID: text().default('openviduMeet').register(docs, {
    description: 'Project id; also the `createdBy` mark in the metadata of LiveKit rooms.',
  }),
  MEET_INITIAL_API_KEY: text().optional().register(docs, {
    description: 'The first API key.',
    defaultText: 'generated once and kept in the data folder',
  }),
  TALLY_RESET_API_KEY: text().optional().register(docs, {
    description:
      'Any text: a start with a new text replaces the stored API keys by `MEET_INITIAL_API_KEY` or a generated key, once for each text.',
    defaultText: 'the stored keys stay',
  }),
  TALLY_INSTANCE_ID: text().optional().register(docs, {
    description: 'Name of this instance; no two instances may share one.',
    defaultText: 'host name and a random suffix',
  }),
};

export interface ServiceConfig {
  instanceId: string;
  /** The `createdBy` mark in LiveKit's room metadata. */
  projectId: string;
  /** When absent, Tally generates a key. */
  initialApiKey?: string;
  /** A new text replaces the stored keys once. */
  resetApiKey?: string;
  logLevel: (typeof LOG_LEVELS)[number];
  http: {
    host: string;
    /** 0 means any free port. */
    port: number;
    corsOrigin: string;
    trustedProxyHops: number;
    /** Without a trailing slash. */
    baseUrl?: string;
  };
}

/** @param defaultProxyHops number of trusted proxies when the environment sets none */
export function toService(values: Values<typeof serviceVariables>, defaultProxyHops: number): ServiceConfig {
  return {
    instanceId: values.TALLY_INSTANCE_ID ?? `${hostname()}-${randomBytes(4).toString('hex')}`,
    projectId: values.MEET_NAME_ID,
    ...(values.MEET_INITIAL_API_KEY !== undefined && { initialApiKey: values.MEET_INITIAL_API_KEY }),
    ...(values.TALLY_RESET_API_KEY !== undefined && { resetApiKey: values.TALLY_RESET_API_KEY }),
    logLevel: values.MEET_LOG_LEVEL,
    http: {
      host: values.TALLY_HOST,
      port: values.SERVER_PORT,
      corsOrigin: values.SERVER_CORS_ORIGIN,
      trustedProxyHops: values.TALLY_TRUST_PROXY ?? defaultProxyHops,
      ...(values.MEET_BASE_URL !== undefined && { baseUrl: values.MEET_BASE_URL }),
    },
  };
}
