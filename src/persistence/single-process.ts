import { randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import type { AddressInfo, ListenOptions, NetConnectOpts, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { join, resolve } from 'node:path';

import { type Clock, systemClock, TimeLimitError, within } from '../clock.js';
import { InvalidInputError, TallyError } from '../errors.js';

/** Another process uses the data folder. Not retryable: stop the other process, or configure another folder. */
export class DataFolderInUseError extends TallyError {
  constructor(folder: string) {
    super('data_folder.in_use', 'conflict', `Another process uses the data folder ${folder}`, { details: { folder } });
  }
}

export interface DataFolderClaim {
  /** Release the data folder. Safe to call twice. */
  release(): Promise<void>;
}

/** Bytes. The path in `sockaddr_un` has 104 bytes on macOS and 108 on Linux, including the terminating zero. */
const LONGEST_SOCKET_PATH = 103;
const CLAIM = /^process-[0-9a-f]{16}\.(sock|port)$/;
/** How long another process may take to answer on its socket, milliseconds. */
const KNOCK_LIMIT_MS = 2_000;

/**
 * Make this process the only user of a data folder. A missing folder is created (mode 0700).
 *
 * Each process first listens on a socket of its own in the folder, then connects to all others there. If two start together, the
 * later one finds the earlier, so at most one succeeds; both may be refused. The socket of a killed process refuses connections
 * and is removed by the next owner. (A pid file does not work: in containers every process has pid 1.)
 *
 * @throws DataFolderInUseError another process uses the folder, or is claiming it
 * @throws InvalidInputError the path is not a folder, or the folder is not writable
 */
export async function claimDataFolder(dataDir: string, clock: Pick<Clock, 'after'> = systemClock): Promise<DataFolderClaim> {
  const folder = resolve(dataDir);
  try {
    return await claim(folder, clock);
  } catch (cause) {
    throw cause instanceof TallyError ? cause : new InvalidInputError(`TALLY_DATA_DIR ${folder} cannot be used`, { cause });
  }
}

async function claim(folder: string, clock: Pick<Clock, 'after'>): Promise<DataFolderClaim> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const own = await listenIn(folder);
  try {
    const others = (await readdir(folder)).filter((name) => CLAIM.test(name) && name !== own.name);
    const answers = await Promise.all(others.map((name) => isAlive(join(folder, name), clock)));
    if (answers.includes(true)) throw new DataFolderInUseError(folder);
    await stat(join(folder, own.name)).catch(() => {
      throw new DataFolderInUseError(folder);
    });
    await Promise.all(others.map((name) => rm(join(folder, name), { force: true })));
    return own;
  } catch (error) {
    await own.release();
    throw error;
  }
}

/** Listen on a unix socket. If the path is too long or sockets fail, listen on a loopback port and write the port to a file. */
async function listenIn(folder: string): Promise<DataFolderClaim & { name: string }> {
  const id = randomBytes(8).toString('hex');
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(id, () => socket.destroy());
  }).unref();
  // An error such as too many open files leaves a connection unanswered; the other process counts that as alive.
  server.on('error', () => undefined);

  let name = `process-${id}.sock`;
  const isShort = Buffer.byteLength(join(folder, name)) <= LONGEST_SOCKET_PATH;
  if (!isShort || !(await listens(server, { path: join(folder, name) }))) {
    name = `process-${id}.port`;
    const isListening = await listens(server, { host: '127.0.0.1', port: 0 });
    if (!isListening) throw new Error('No socket can be opened');
    await writeFile(join(folder, `new-${name}`), JSON.stringify({ id, port: (server.address() as AddressInfo).port }));
    await rename(join(folder, `new-${name}`), join(folder, name));
  }
  return {
    name,
    async release() {
      await new Promise<void>((done) => server.close(() => done()));
      await rm(join(folder, name), { force: true });
    },
  };
}

function listens(server: Server, address: ListenOptions): Promise<boolean> {
  return new Promise((answer) => {
    const fail = () => answer(false);
    server.once('error', fail);
    server.listen(address, () => {
      server.off('error', fail);
      answer(true);
    });
  });
}

async function isAlive(path: string, clock: Pick<Clock, 'after'>): Promise<boolean> {
  try {
    if (path.endsWith('.sock')) return (await knock({ path }, clock)) !== 'refused';
    const { id, port } = JSON.parse(await readFile(path, 'utf8')) as { id: string; port: number };
    const answer = await knock({ host: '127.0.0.1', port }, clock);
    // Another program may use the port by now; its answer is not this id.
    return answer === id || answer === 'silent';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** @returns the listener's answer; `refused` if there is no listener, `silent` if it answers nothing within the limit */
async function knock(address: NetConnectOpts, clock: Pick<Clock, 'after'>): Promise<string> {
  const socket = connect(address);
  try {
    return await within(KNOCK_LIMIT_MS, clock, () => answerOn(socket));
  } catch (error) {
    if (error instanceof TimeLimitError) return 'silent';
    throw error;
  } finally {
    socket.destroy();
  }
}

function answerOn(socket: Socket): Promise<string> {
  return new Promise((resolveAnswer) => {
    let answer = '';
    socket.on('connect', () => socket.write('whose data folder is this?\r\n\r\n'));
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('end', () => resolveAnswer(answer || 'silent'));
    socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      resolveAnswer(code === 'ECONNREFUSED' || code === 'ENOENT' ? 'refused' : answer || 'silent');
    });
  });
}
