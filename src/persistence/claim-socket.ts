import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo, ListenOptions, NetConnectOpts, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';

import { type Clock, TimeLimitError, within } from '../clock.js';
import { isMissing } from './is-missing.js';

/** Bytes. The path in `sockaddr_un` has 104 bytes on macOS and 108 on Linux, including the terminating zero. */
const LONGEST_SOCKET_PATH = 103;
/** How long another process may take to answer on its socket, milliseconds. */
const KNOCK_LIMIT_MS = 2_000;

/** A socket in a folder, by which other processes learn that this one lives. */
export interface ClaimSocket {
  /** Name of its file. */
  name: string;
  /** Close the socket and remove its file. */
  release(): Promise<void>;
}

/**
 * Listen on a unix socket, `process-{random}{host}.sock`. If the path is too long or sockets fail, listen on a loopback port and
 * write the port to a file.
 */
export async function listenIn(folder: string, host: string): Promise<ClaimSocket> {
  const id = `${randomBytes(4).toString('hex')}${host}`;
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

/** Whether a process listens on the socket. */
export async function answers(path: string, clock: Pick<Clock, 'after'>): Promise<boolean> {
  try {
    if (path.endsWith('.sock')) return (await knock({ path }, clock)) !== 'refused';
    const { id, port } = JSON.parse(await readFile(path, 'utf8')) as { id: string; port: number };
    const answer = await knock({ host: '127.0.0.1', port }, clock);
    // Another program may use the port by now; its answer is not this id.
    return answer === id || answer === 'silent';
  } catch (error) {
    if (isMissing(error)) return false;
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
