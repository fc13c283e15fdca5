import { spawn, type SpawnOptions } from 'node:child_process';

/**
 * Runs a command to its end and returns its standard output.
 *
 * @throws Error the command failed; the message contains the end of its output
 */
export function command(file: string, args: readonly string[], options: SpawnOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let both = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      both += chunk.toString();
    });
    child.stderr?.on('data', (chunk: Buffer) => (both += chunk.toString()));
    child.on('error', (cause) => reject(new Error(`${file} cannot be run`, { cause })));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`${file} ${args.join(' ')} ended with ${code ?? signal}:\n${both.slice(-4000)}`));
    });
  });
}
