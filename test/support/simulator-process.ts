import { builtFile } from './build-once.js';
import { startChild } from './child-process.js';
import { createSimulatorControl, type SimulatorAddress, type SimulatorControl } from './simulator-control.js';

export interface SimulatorProcess {
  address: SimulatorAddress;
  control: SimulatorControl;
  stop(): Promise<void>;
}

/** The simulator as its own process, so that it lives on when Tally is killed. Needs a build. */
export async function startSimulatorProcess(options: {
  webhook: string;
  mediaDir: string;
  speed: number;
}): Promise<SimulatorProcess> {
  const apiKey = 'devkey';
  const apiSecret = 'a-secret-of-the-scenarios-that-is-long-enough';
  const child = startChild(
    builtFile('livekit/simulator/main.js'),
    [
      ...['--port', '0', '--webhook', options.webhook, '--media-dir', options.mediaDir],
      ...['--key', apiKey, '--secret', apiSecret, '--speed', String(options.speed)],
    ],
    {},
  );
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
