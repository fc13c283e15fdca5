import { debianProgram, ensureDebianPackages } from './debian.js';
import { egressWorker, liveKit, minio } from './go-programs.js';
import { installNodePackages, nodeProgram } from './node-programs.js';
import type { Log, Program } from './program.js';
import { mongod, pythonClients } from './python-programs.js';
import { sample } from './sample.js';

export type { Program } from './program.js';

const DEBIAN_PACKAGES = ['python3-pip', 'redis-server', 'chromium', 'xvfb', 'pulseaudio', 'pulseaudio-utils', 'ffmpeg'];

/**
 * Installs every program that the tests start, from the cache where possible.
 *
 * @throws Error a program cannot be installed, because the tests must fail rather than skip a missing server
 */
export async function getPrograms(log: Log): Promise<readonly Program[]> {
  await ensureDebianPackages(DEBIAN_PACKAGES, log);
  await installNodePackages(log);
  return [
    await debianProgram('redis', 'Redis', 'redis-server', '/usr/bin/redis-server'),
    await liveKit(log),
    await egressWorker(log),
    await minio(log),
    await mongod(log),
    await debianProgram('chromium', 'Chromium', 'chromium', '/usr/bin/chromium'),
    await debianProgram('xvfb', 'Xvfb', 'xvfb', '/usr/bin/Xvfb'),
    await debianProgram('pulseaudio', 'PulseAudio', 'pulseaudio', '/usr/bin/pulseaudio'),
    await debianProgram('ffmpeg', 'ffmpeg', 'ffmpeg', '/usr/bin/ffmpeg'),
    await nodeProgram('rtc', 'LiveKit participant', '@livekit/rtc-node', ''),
    await nodeProgram('livekit-client', 'recorder page', 'livekit-client', 'dist/livekit-client.umd.js'),
    ...(await pythonClients(log)),
    await sample(log),
  ];
}
