import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** The members of the `video` claim of a LiveKit access token that the server APIs check. */
export interface VideoGrant {
  roomCreate?: boolean;
  roomList?: boolean;
  roomAdmin?: boolean;
  roomRecord?: boolean;
  room?: string;
}

interface Claims {
  iss?: unknown;
  exp?: unknown;
  nbf?: unknown;
  video?: VideoGrant;
}

/** LiveKit's middleware refuses the token before any method runs: 401 with this text, without JSON. */
export class InvalidTokenError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InvalidTokenError';
  }
}

const LEEWAY_S = 60;
const BEARER = 'Bearer ';
const HEADER = encode({ alg: 'HS256' });

/**
 * The grants of an Authorization header; undefined without a header, which fails only when a method needs a grant.
 *
 * @throws InvalidTokenError with LiveKit's text
 * @see livekit-server, `pkg/service/auth.go`: APIKeyAuthMiddleware
 */
export function readGrants(header: string | undefined, apiKey: string, apiSecret: string, nowMs: number): VideoGrant | undefined {
  if (header === undefined) return undefined;
  if (!header.startsWith(BEARER)) throw new InvalidTokenError('invalid authorization header. Must start with Bearer ');
  const [head, payload, signature, ...rest] = header.slice(BEARER.length).split('.');
  if (head === undefined || payload === undefined || signature === undefined || rest.length > 0) throw unparsable();
  const claims = decode(payload) as Claims;
  const { alg } = decode(head) as { alg?: unknown };
  if (claims.iss !== apiKey) throw new InvalidTokenError('invalid API key');
  if (alg !== 'HS256' || !isSignedBy(`${head}.${payload}`, signature, apiSecret))
    throw refused('error in cryptographic primitive');
  checkTimes(claims, nowMs / 1000);
  return claims.video ?? {};
}

/** A signed HS256 token over these claims. */
export function signToken(claims: Readonly<Record<string, unknown>>, secret: string): string {
  const content = `${HEADER}.${encode(claims)}`;
  return `${content}.${sign(content, secret)}`;
}

/** Standard base64 of the SHA-256 of a webhook body, for its `sha256` claim. */
export function sha256(body: string): string {
  return createHash('sha256').update(body).digest('base64');
}

function checkTimes({ exp, nbf }: Claims, nowS: number): void {
  if (typeof exp !== 'number') throw refused('missing exp claim');
  if (exp + LEEWAY_S < nowS) throw refused('token is expired (exp)');
  if (typeof nbf === 'number' && nbf - LEEWAY_S > nowS) throw refused('token not valid yet (nbf)');
}

function isSignedBy(content: string, signature: string, secret: string): boolean {
  const expected = Buffer.from(sign(content, secret));
  const actual = Buffer.from(signature);
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

function sign(content: string, secret: string): string {
  return createHmac('sha256', secret).update(content).digest('base64url');
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(part: string): object {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Answered below, like a part that is no object.
  }
  throw unparsable();
}

function unparsable(): InvalidTokenError {
  return new InvalidTokenError('invalid authorization token');
}

function refused(reason: string): InvalidTokenError {
  return new InvalidTokenError(`invalid authorization token: go-jose/go-jose/jwt: validation failed, ${reason}`);
}
