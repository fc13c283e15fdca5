import { parentPort, workerData } from 'node:worker_threads';

// All that happens in the thread. The main one, which has the actors and the stores, runs the job.
parentPort?.postMessage(workerData.job.name);
