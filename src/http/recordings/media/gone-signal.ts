import type { HttpContext } from '../../route/context.js';

/** Aborts when the client goes away before it has the whole answer. */
export function goneSignal({ res }: HttpContext): AbortSignal {
  const gone = new AbortController();
  const check = (): void => {
    if (!res.writableFinished) gone.abort();
  };
  if (res.closed) check();
  else res.once('close', check);
  return gone.signal;
}
