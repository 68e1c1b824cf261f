import { describe, expect, it } from 'vitest';
import { withoutPassword } from './without-password.js';

describe('withoutPassword', () => {
  it('replaces the password of a URL and keeps the rest', () => {
    expect(withoutPassword('postgres://ana:hunter2@db:5432/lab')).toBe('postgres://ana:***@db:5432/lab');
  });

  it('covers a password without a user, and one with characters that should have been encoded', () => {
    expect(withoutPassword('redis://:hunter2@cache')).toBe('redis://:***@cache');
    expect(withoutPassword('s3://KEY:a/b@c@store:9000/bucket')).toBe('s3://KEY:***@store:9000/bucket');
  });

  it('finds every URL in a sentence', () => {
    const text = 'cannot reach postgres://a:one@x/1 nor "redis://b:two@y" at all';
    expect(withoutPassword(text)).toBe('cannot reach postgres://a:***@x/1 nor "redis://b:***@y" at all');
  });

  it('leaves text without credentials alone', () => {
    for (const text of ['postgres://db:5432/lab', 'mail ana@example.org', 'at 10:30 @ noon', 'file:///data']) {
      expect(withoutPassword(text)).toBe(text);
    }
  });
});
