import { readFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';

import { repositoryDir } from '../../test/servers/repository.js';

const DEPENDENCIES = ['lmdb', 'mongoose', 'ioredis', 'xstate'] as const;

/** Facts about a run, for the line before its results. */
export async function environment(about: Record<string, string>) {
  const manifest = await readFile(path.join(repositoryDir, 'package.json'), 'utf8');
  const { version, dependencies } = JSON.parse(manifest) as { version: string; dependencies: Record<string, string> };
  return {
    name: 'environment',
    ...about,
    ...{ tally: version, node: process.version },
    ...Object.fromEntries(DEPENDENCIES.map((name) => [name, dependencies[name]])),
    ...{ date: new Date().toISOString(), cpu: cpus()[0]?.model.trim(), cores: cpus().length },
    memoryGb: Math.round(totalmem() / 2 ** 30),
  };
}

/** The environment as a line of text, without its name. */
export function environmentLine(about: object): string {
  return Object.entries(about)
    .slice(1)
    .map(([key, value]) => `${key} ${String(value)}`)
    .join(' · ');
}
