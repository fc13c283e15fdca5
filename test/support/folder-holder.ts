import { claimDataFolder } from '../../src/persistence/single-process.js';

// A process of its own that holds a data folder until its input ends or it is killed.
await claimDataFolder(process.argv[2] ?? '');
process.stdout.write('held\n');
process.stdin.resume();
