import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freeTcpPort, freeUdpPort } from './ports.mjs';
import { runSettings, startProcess } from './process.mjs';

export const liveKitKey = 'devkey';
export const liveKitSecret = 'a-secret-of-the-tests-at-least-32-characters';

/**
 * @param redis `host:port`; LiveKit and its egress workers meet there
 * @param webhookUrls where it reports to
 */
export async function startLiveKit({ redis, webhookUrls }) {
  const { dir, programs } = runSettings();
  const port = await freeTcpPort();
  const config = {
    port,
    bind_addresses: ['127.0.0.1'],
    rtc: {
      tcp_port: 0, // it would listen on every address
      udp_port: await freeUdpPort(),
      interfaces: { includes: ['lo'] },
      use_external_ip: false,
      node_ip: '127.0.0.1',
      enable_loopback_candidate: true,
    },
    redis: { address: redis },
    keys: { [liveKitKey]: liveKitSecret },
    webhook: { api_key: liveKitKey, urls: webhookUrls },
  };
  const file = join(await mkdtemp(join(dir, 'livekit-')), 'livekit.yaml');
  await writeFile(file, JSON.stringify(config)); // JSON is YAML
  const url = `http://127.0.0.1:${port}`;
  const start = () =>
    startProcess({
      name: 'livekit',
      file: programs.livekit,
      args: ['--config', file],
      stopSignal: 'SIGKILL', // it would wait for its participants on SIGTERM
      ready: () => answers(url),
    });
  return { ...(await start()), url, wsUrl: `ws://127.0.0.1:${port}`, startAgain: start };
}

async function answers(url) {
  return fetch(url).then(
    (response) => response.ok,
    () => false,
  );
}
