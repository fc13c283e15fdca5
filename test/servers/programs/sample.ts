import { join } from 'node:path';

import { command } from '../processes/command.js';
import { cached } from './cache.js';
import type { Log, Program } from './program.js';

/** The MP4 that the egress worker delivers when it captures nothing. */
export async function sample(log: Log): Promise<Program> {
  const path = await cached('sample-2s-1.mp4', async (dir) => {
    log('making the sample recording');
    const target = join(dir, 'sample.mp4');
    const inputs = ['-f', 'lavfi', '-i', 'testsrc=size=160x90:rate=10', '-f', 'lavfi', '-i', 'sine=frequency=440'];
    const output = ['-t', '2', '-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-movflags', '+faststart', target];
    await command('ffmpeg', ['-loglevel', 'error', ...inputs, ...output]);
    return target;
  });
  return { key: 'sample', name: 'sample recording', version: '2 s', path, source: 'ffmpeg' };
}
