import path from 'node:path';

import type * as services from '../scripts/services/index.mjs';

export type Services = typeof services;

/** JavaScript as it is, and so not among what is compiled. */
const MODULE = path.join(import.meta.dirname, '..', '..', 'scripts', 'services', 'index.mjs');

/** The servers of the service tests. */
export async function loadServices(): Promise<Services> {
  return (await import(MODULE)) as Services;
}
