import type { HttpMiddleware } from '../route/context.js';

const METHODS = 'GET,HEAD,PUT,PATCH,POST,DELETE';
/** Headers of answers that scripts of other origins may read. */
const EXPOSED = 'ETag,Content-Range,Retry-After,Location,X-Request-Id';

/** @param origin sent verbatim; an empty text turns CORS off */
export function cors(origin: string): HttpMiddleware {
  if (origin === '') return (_ctx, next) => next();
  return (ctx, next) => {
    ctx.set({ 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': EXPOSED });
    if (origin !== '*') {
      // Browsers refuse credentials together with `*`.
      ctx.set('Access-Control-Allow-Credentials', 'true');
      ctx.vary('Origin');
    }
    if (ctx.method !== 'OPTIONS') return next();
    const requested = ctx.get('Access-Control-Request-Headers');
    ctx.set('Access-Control-Allow-Methods', METHODS);
    if (requested !== '') ctx.set('Access-Control-Allow-Headers', requested);
    ctx.vary('Access-Control-Request-Headers');
    ctx.status = 204;
    return Promise.resolve();
  };
}
