// Loaded before a program by `--import`: measures the processor time of each turn of the event loop, and answers each message with the
// longest since the last one, milliseconds.
let last = process.cpuUsage();
let longestMs = 0;

function turn() {
  const { user, system } = process.cpuUsage(last);
  last = process.cpuUsage();
  longestMs = Math.max(longestMs, (user + system) / 1_000);
  setImmediate(turn);
}
turn();

process.on('message', () => {
  process.send(longestMs);
  longestMs = 0;
});
process.channel?.unref();
