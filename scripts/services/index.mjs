export { startEgressWorker } from './egress-worker.mjs';
export { liveKitKey, liveKitSecret, startLiveKit } from './livekit.mjs';
export { minioPassword, minioUser, startMinio } from './minio.mjs';
export { startMongo } from './mongodb.mjs';
export { poll } from './poll.mjs';
export { freeTcpPort } from './ports.mjs';
export { runSettings, startProcess } from './process.mjs';
export { startRedis } from './redis.mjs';
