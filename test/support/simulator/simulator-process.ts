import { parseConfig } from '../../../src/config/config.js';
import { builtFile } from '../apps/build-once.js';
import { startChild } from '../apps/child-process.js';
import { createSimulatorControl, type SimulatorAddress, type SimulatorControl } from './simulator-control.js';

export interface SimulatorProcess {
  address: SimulatorAddress;
  control: SimulatorControl;
  stop(): Promise<void>;
}

export interface SimulatorProcessOptions {
  webhook: string;
  speed: number;
  /** Tally's environment variables, which select the media store. */
  env: Record<string, string>;
}

/** Starts the simulator as its own process, so that it survives a kill of Tally. Needs a build. */
export async function startSimulatorProcess({ webhook, speed, env }: SimulatorProcessOptions): Promise<SimulatorProcess> {
  const apiKey = 'devkey';
  const apiSecret = 'a-secret-of-the-scenarios-that-is-long-enough';
  const args = ['--port', '0', '--webhook', webhook, '--key', apiKey, '--secret', apiSecret, '--speed', String(speed)];
  const { media } = parseConfig(env);
  if (media.kind === 'embedded') args.push('--media-dir', media.egressDir);
  const child = startChild(builtFile('simulator/main.js'), args, env);
  await child.printed(/^http\S+\n/);
  const address = { url: child.stdout().split('\n')[0] ?? '', apiKey, apiSecret };
  return {
    address,
    control: createSimulatorControl(address),
    async stop() {
      await child.end('SIGKILL');
    },
  };
}
