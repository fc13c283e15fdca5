import type { Result } from './result.js';

/** A result as a line of text. @param livekit which LiveKit did the work, if not the one of the environment */
export function resultRow({ name, value, unit, op, target, ok, n, p5, p95, livekit }: Result & { livekit?: string }): string {
  const spread = p5 === undefined ? '' : `p5 ${String(p5)}, p95 ${String(p95)}`;
  const cells = [
    name.padEnd(22),
    `${String(value)} ${unit}`.padEnd(14),
    `${op} ${String(target)}`.padEnd(9),
    ok ? 'ok  ' : 'MISS',
    `n ${String(n)}`.padEnd(7),
    spread,
    livekit === undefined ? '' : `(${livekit})`,
  ];
  return cells.join('  ').trimEnd();
}
