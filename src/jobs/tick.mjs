import { parentPort, workerData } from 'node:worker_threads';

// All that happens in this thread. The main thread, which has the actors and the stores, runs the job.
parentPort?.postMessage(workerData.job.name);
