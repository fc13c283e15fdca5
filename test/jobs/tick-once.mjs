// Copied beside a built ticker by its test: waits for one tick, stops, and must then end by itself.
import { createTicker } from './jobs/ticker.js';

const ticker = createTicker({
  rounds: [{ name: 'round', intervalMs: 200 }],
  log: { warn: (fields) => console.error(fields.err) },
  onTick(name) {
    console.log('tick', name);
    void ticker.stop();
  },
});
await ticker.start();
