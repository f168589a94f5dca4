import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface Session {
  readonly user: string;
  /** When it ends, in milliseconds since 1970. */
  readonly expires: number;
}

const COOKIE = 'session';

/** The Set-Cookie value that carries a session: its JSON and a signature over it. */
export function sessionCookie(session: Session, secret: string): string {
  const payload = Buffer.from(JSON.stringify(session)).toString('base64url');
  return `${COOKIE}=${payload}.${sign(payload, secret)}; Path=/; HttpOnly; SameSite=Strict`;
}

/** The Set-Cookie value that ends a session. */
export function endedCookie(): string {
  return `${COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`;
}

/** The session of a request; null when there is none, it is over, or somebody else wrote it. */
export function sessionOf(request: IncomingMessage, secret: string): Session | null {
  const [payload, signature] = cookieOf(request)?.split('.') ?? [];
  if (payload === undefined || signature === undefined) return null;
  const given = Buffer.from(signature);
  const right = Buffer.from(sign(payload, secret));
  if (given.length !== right.length || !timingSafeEqual(given, right)) return null;
  const session = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Session;
  return session.expires > Date.now() ? session : null;
}

function cookieOf(request: IncomingMessage): string | undefined {
  const start = `${COOKIE}=`;
  return request.headers.cookie
    ?.split(/;\s*/)
    .find((pair) => pair.startsWith(start))
    ?.slice(start.length);
}

function sign(payload: string, secret: string): string {
  return createHmac('sha256', secret).update(payload).digest('base64url');
}
