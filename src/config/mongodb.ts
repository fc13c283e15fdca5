import { checked, docs, integer, text, type Values } from './values.js';

export const mongodbVariables = {
  MEET_MONGO_URI: checked('must begin with mongodb:// or mongodb+srv://', (uri) => /^mongodb(\+srv)?:\/\//.test(uri))
    .optional()
    .register(docs, {
      description: 'Connection string, used unchanged; MongoDB must be a replica set of version 6 or newer.',
      defaultText: 'built from the variables below',
    }),
  MEET_MONGO_NODES: checked('must be host names, comma-separated and without a port', (list) => nodesOf(list).every(isHost))
    .default('localhost')
    .register(docs, { description: 'Host names, comma-separated.' }),
  MEET_MONGO_PORT: integer(1, 65_535).default(27_017).register(docs, { description: 'Port of all nodes.' }),
  MEET_MONGO_ADMIN_USERNAME: text()
    .default('mongoadmin')
    .register(docs, { description: 'User; an empty value means a MongoDB without users.' }),
  MEET_MONGO_ADMIN_PASSWORD: text().default('mongoadmin').register(docs, { description: 'Password.' }),
  MEET_MONGO_REPLICA_SET_NAME: text().default('rs0').register(docs, { description: 'Name of the replica set.' }),
  MEET_MONGO_DB_NAME: text().default('openvidu-meet').register(docs, { description: 'Database.' }),
};

export interface MongodbConfig {
  kind: 'real';
  uri: string;
  dbName: string;
}

export function toMongodb(values: Values<typeof mongodbVariables>): MongodbConfig {
  return { kind: 'real', uri: values.MEET_MONGO_URI ?? uriOf(values), dbName: values.MEET_MONGO_DB_NAME };
}

function uriOf(values: Values<typeof mongodbVariables>): string {
  const nodes = nodesOf(values.MEET_MONGO_NODES);
  const user = encodeURIComponent(values.MEET_MONGO_ADMIN_USERNAME);
  const password = encodeURIComponent(values.MEET_MONGO_ADMIN_PASSWORD);
  const hosts = nodes.map((node) => `${node}:${values.MEET_MONGO_PORT}`).join(',');
  const isLocal = nodes.length === 1 && ['localhost', '127.0.0.1'].includes(nodes[0] ?? '');
  const direct = isLocal ? '&directConnection=true' : '';
  const set = encodeURIComponent(values.MEET_MONGO_REPLICA_SET_NAME);
  const credentials = user === '' ? '' : `${user}:${password}@`;
  return `mongodb://${credentials}${hosts}/?replicaSet=${set}&readPreference=primaryPreferred${direct}`;
}

function nodesOf(list: string): string[] {
  return list.split(',').map((node) => node.trim());
}

/** An IPv6 address must be in brackets. */
function isHost(text: string): boolean {
  return /^([^\s:/@[\]]+|\[[\d:a-f.]+\])$/i.test(text);
}
