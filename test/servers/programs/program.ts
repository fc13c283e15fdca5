import { join } from 'node:path';

import { repositoryDir } from '../repository.js';

/** One row of the table of servers. */
export interface Program {
  readonly key: string;
  readonly name: string;
  readonly version: string;
  readonly path: string;
  /** The origin of the program, in words. */
  readonly source: string;
}

/** Receives a line about work in progress. */
export type Log = (line: string) => void;

export const testsDir = join(repositoryDir, 'test/services');
