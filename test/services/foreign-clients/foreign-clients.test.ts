import { execFile } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { EgressClient, EgressStatus, EncodedFileOutput } from 'livekit-server-sdk';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  freeTcpPort,
  minioPassword,
  minioUser,
  poll,
  runSettings,
  startMinio,
  startProcess,
  type RunningProcess,
} from '../../servers/index.js';

const simulatorEntry = fileURLToPath(new URL('../../../dist/src/simulator/main.js', import.meta.url));
const [key, secret] = ['devkey', 'a-secret-of-the-tests-at-least-32-characters'];
const bucket = 'recordings';
/** The number of body bytes that arrive before the sender is killed. */
const BODY_BYTES = 100;
/** Time for the start of Python and its imports on a busy machine. */
const pythonTimeoutMs = 30_000;

/** Runs a Python script of this folder to its end. @throws with the Python traceback when an assertion of the script fails */
async function python(script: string, args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const { stdout } = await promisify(execFile)('python3', [file, ...args], {
    env: { ...process.env, PYTHONPATH: runSettings().programs['python-packages'], ...env },
  });
  return stdout;
}

describe('the simulator with an S3 bucket on MinIO', () => {
  let endpoint: string;
  let client: S3Client;

  beforeAll(async () => {
    const minio = await startMinio();
    ({ endpoint } = minio);
    const credentials = { accessKeyId: minioUser, secretAccessKey: minioPassword };
    client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    return async () => {
      client.destroy();
      await minio.stop();
    };
  });

  async function keys(prefix: string): Promise<(string | undefined)[]> {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
    return Contents.map(({ Key }) => Key);
  }

  /** Starts the simulator as its own process, with participant `ada`, who publishes in the room `foreign`. */
  async function startSimulator(storage: string, ...options: string[]): Promise<RunningProcess & { url: string }> {
    const simulator = await startProcess({
      name: 'simulator',
      file: process.execPath,
      args: [simulatorEntry, '--port', '0', '--key', key, '--secret', secret, ...options],
      env: {
        MEET_S3_SERVICE_ENDPOINT: storage,
        MEET_S3_BUCKET: bucket,
        MEET_S3_ACCESS_KEY: minioUser,
        MEET_S3_SECRET_KEY: minioPassword,
      },
      ready: (lines) => lines.length > 0,
    });
    const url = simulator.lines[0] ?? '';
    await fetch(`${url}/simulator/rooms/foreign/participants`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ identity: 'ada', publish: true }),
    });
    return { ...simulator, url };
  }

  it(
    "works with LiveKit's Python client, and Amazon's Python client reads the stored file",
    async () => {
      const port = await freeTcpPort();
      const simulator = await startSimulator(endpoint, '--webhook', `http://127.0.0.1:${port}/webhook`, '--speed', '20');
      const output = await python('livekit_client.py', [simulator.url, key, secret, String(port), 'python']);
      const file = JSON.parse(output) as { key: string; location: string; size: number; duration_ms: number };
      expect(file).toMatchObject({ key: 'python/foreign.mp4', location: `${endpoint}/${bucket}/python/foreign.mp4` });
      expect(file.duration_ms).toBeGreaterThan(0);
      await python('s3_client.py', [endpoint, bucket, file.key, String(file.size)], {
        AWS_ACCESS_KEY_ID: minioUser,
        AWS_SECRET_ACCESS_KEY: minioPassword,
      });
      await simulator.stop();
    },
    pythonTimeoutMs,
  );

  it('leaves no object when it is killed in the middle of an upload', { timeout: 15_000 }, async () => {
    const line = await startBrokenLine(endpoint);
    const simulator = await startSimulator(line.url, '--speed', '100');
    const egress = new EgressClient(simulator.url, key, secret);
    const file = new EncodedFileOutput({ filepath: 'killed/x' });
    const { egressId } = await egress.startRoomCompositeEgress('foreign', { file });
    const status = async () => (await egress.listEgress({ egressId }))[0]?.status;
    await poll('it records', 20_000, async () => (await status()) === EgressStatus.EGRESS_ACTIVE);
    await egress.stopEgress(egressId);
    await line.isHalfThrough;
    expect(await status()).toBe(EgressStatus.EGRESS_ENDING);
    await simulator.kill();
    await line.isCut;
    expect(await keys('killed/')).toEqual([]);
  });
});

/** Starts a proxy that passes `BODY_BYTES` bytes of the first request's body to the target, and then nothing more. */
async function startBrokenLine(target: string) {
  const progress = new EventEmitter();
  const server = createServer((socket) => {
    const onward = connect(Number(new URL(target).port), '127.0.0.1');
    let sent = Buffer.alloc(0);
    socket.on('data', (data) => {
      const before = sent.length;
      sent = Buffer.concat([sent, data]);
      const bodyStart = sent.indexOf('\r\n\r\n') + 4;
      if (bodyStart < 4 || sent.length <= bodyStart + BODY_BYTES) onward.write(data);
      else if (before < bodyStart + BODY_BYTES) {
        onward.write(sent.subarray(before, bodyStart + BODY_BYTES), () => progress.emit('half through'));
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => onward.destroy());
    onward.on('close', () => progress.emit('cut'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, isHalfThrough: once(progress, 'half through'), isCut: once(progress, 'cut') };
}
