import { describe, expect, test } from 'vitest';
import { fingerprintOf, formatJoinToken, parseJoinToken } from '../../../shared/join-token.ts';

const token = { trustDomain: 'fleet-1.example', fingerprint: fingerprintOf(Buffer.from('ca')), secret: 'S'.repeat(43) };

describe('a join token', () => {
  test('is read as it was written, with the line end that a file has', () => {
    expect(parseJoinToken(`${formatJoinToken(token)}\n`)).toEqual(token);
  });

  test.each(['', 'leash-join', formatJoinToken({ ...token, secret: 'short' }), `${formatJoinToken(token)}:more`])(
    'that is none is refused, and not repeated: %s',
    (text) => {
      expect(() => parseJoinToken(text)).toThrow(/the join token: must be the one line/);
      if (text !== '') expect(() => parseJoinToken(text)).not.toThrow(text);
    },
  );
});
