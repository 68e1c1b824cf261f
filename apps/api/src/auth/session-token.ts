import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** How long a browser stays signed in. Milliseconds. */
export const SESSION_MS = 7 * 24 * 60 * 60 * 1000;

/**
 * Sessions of a server with one token: the cookie is its own proof, signed with the token, so that every api process
 * accepts it and a new token ends them all.
 */
export class SessionTokens {
  constructor(
    private readonly token: string,
    private readonly now: () => number,
  ) {}

  /** Compared by hash: neither the length nor the first wrong character shows in the time it takes. */
  accepts(candidate: string): boolean {
    return timingSafeEqual(digest(candidate), digest(this.token));
  }

  /** The value of a session's cookie. */
  issue(): string {
    const expires = String(this.now() + SESSION_MS);
    return `${expires}.${this.signature(expires)}`;
  }

  acceptsCookie(cookie: string): boolean {
    const [expires, signature] = cookie.split('.');
    if (!/^\d{1,15}$/.test(expires) || signature === undefined) return false;
    const genuine = timingSafeEqual(digest(signature), digest(this.signature(expires)));
    return genuine && Number(expires) > this.now();
  }

  private signature(expires: string): string {
    return createHmac('sha256', this.token).update(`distillery session ${expires}`).digest('base64url');
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
