import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { isOk } from './processes/is-ok.js';
import { freeTcpPort, freeUdpPort } from './processes/ports.js';
import { type RunningProcess, startProcess } from './processes/process.js';
import { programPath, runSettings } from './run-settings.js';

export const liveKitKey = 'devkey';
export const liveKitSecret = 'a-secret-of-the-tests-at-least-32-characters';

export interface LiveKitServer extends RunningProcess {
  readonly url: string;
  readonly wsUrl: string;
  /** Starts LiveKit again with the same ports and settings, after it was killed. */
  startAgain(): Promise<RunningProcess>;
}

/**
 * @param redis `host:port` of the Redis that LiveKit shares with its egress workers
 * @param webhookUrls the receivers of LiveKit's webhooks
 */
export async function startLiveKit(options: { redis: string; webhookUrls: readonly string[] }): Promise<LiveKitServer> {
  const port = await freeTcpPort();
  const config = {
    port,
    bind_addresses: ['127.0.0.1'],
    rtc: {
      tcp_port: 0, // a TCP port would listen on every address
      udp_port: await freeUdpPort(),
      interfaces: { includes: ['lo'] },
      use_external_ip: false,
      node_ip: '127.0.0.1',
      enable_loopback_candidate: true,
    },
    redis: { address: options.redis },
    keys: { [liveKitKey]: liveKitSecret },
    webhook: { api_key: liveKitKey, urls: options.webhookUrls },
  };
  const file = join(await mkdtemp(join(runSettings().dir, 'livekit-')), 'livekit.yaml');
  await writeFile(file, JSON.stringify(config)); // JSON is YAML
  const url = `http://127.0.0.1:${port}`;
  const start = () =>
    startProcess({
      name: 'livekit',
      file: programPath('livekit'),
      args: ['--config', file],
      stopSignal: 'SIGKILL', // on SIGTERM LiveKit would wait for its participants
      ready: () => isOk(url),
    });
  return { ...(await start()), url, wsUrl: `ws://127.0.0.1:${port}`, startAgain: start };
}
