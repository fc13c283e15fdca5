import { integer, text } from './values.js';
import { docs, type Values } from './variable.js';

export const mongodbVariables = {
  MEET_MONGO_URI: text().optional().register(docs, {
    description: 'Connection string, used as it is; MongoDB 6 or newer, a replica set.',
    defaultText: 'made of the variables below',
  }),
  MEET_MONGO_NODES: text().default('localhost').register(docs, { description: 'Host names, comma-separated.' }),
  MEET_MONGO_PORT: integer(1, 65_535).default(27_017).register(docs, { description: 'Port of every node.' }),
  MEET_MONGO_ADMIN_USERNAME: text().default('mongoadmin').register(docs, { description: 'User.' }),
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
  const nodes = values.MEET_MONGO_NODES.split(',').map((node) => node.trim());
  const user = encodeURIComponent(values.MEET_MONGO_ADMIN_USERNAME);
  const password = encodeURIComponent(values.MEET_MONGO_ADMIN_PASSWORD);
  const hosts = nodes.map((node) => `${node}:${values.MEET_MONGO_PORT}`).join(',');
  const isLocal = nodes.length === 1 && ['localhost', '127.0.0.1'].includes(nodes[0] ?? '');
  const direct = isLocal ? '&directConnection=true' : '';
  const set = encodeURIComponent(values.MEET_MONGO_REPLICA_SET_NAME);
  return `mongodb://${user}:${password}@${hosts}/?replicaSet=${set}&readPreference=primaryPreferred${direct}`;
}
