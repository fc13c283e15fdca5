import { claimDataFolder } from '../../../src/persistence/single-process.js';

// A program that claims a data folder and keeps the claim until its input ends or a test kills it.
await claimDataFolder(process.argv[2] ?? '');
process.stdout.write('held\n');
process.stdin.resume();
