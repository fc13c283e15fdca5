import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { runSettings } from '../../servers/index.js';

export interface Certificates {
  /** The certificate of the authority in PEM format; `caFile` is the path of the same text. */
  ca: string;
  caFile: string;
  /** Command-line options of Redis for a server certificate of this authority, for 127.0.0.1 and localhost. */
  serverArgs: readonly string[];
}

const run = promisify(execFile);
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Creates a certificate authority that is valid for a day, and a server certificate. */
export async function makeCertificates(): Promise<Certificates> {
  const dir = await mkdtemp(join(runSettings().dir, 'certificates-'));
  const openssl = (...args: string[]) => run('openssl', args, { cwd: dir });
  await openssl('req', '-x509', ...NEW_KEY, '-days', '1', '-subj', '/CN=authority', '-keyout', 'ca.key', '-out', 'ca.pem');
  await openssl('req', ...NEW_KEY, '-subj', '/CN=redis', '-keyout', 'redis.key', '-out', 'redis.csr');
  await writeFile(join(dir, 'names'), 'subjectAltName=IP:127.0.0.1,DNS:localhost');
  const sign = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '1', '-extfile', 'names'];
  await openssl('x509', '-req', '-in', 'redis.csr', ...sign, '-out', 'redis.pem');
  const caFile = join(dir, 'ca.pem');
  return {
    ca: await readFile(caFile, 'utf8'),
    caFile,
    serverArgs: [
      ...['--tls-cert-file', join(dir, 'redis.pem'), '--tls-key-file', join(dir, 'redis.key'), '--tls-ca-cert-file', caFile],
      ...['--tls-auth-clients', 'no', '--tls-replication', 'yes', '--tls-cluster', 'yes'],
    ],
  };
}
