import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createJoinGrant, findJoinGrant, takeJoinGrant } from '../../../../coordinator/enrolment/join-tokens.ts';
import { makeTestDirectory, type TestDirectory } from '../../../rig/directory.ts';

const grant = { labels: { app: 'shop' }, expiresAtUnixMs: 1000 };

describe('a join token', () => {
  let directory: TestDirectory;
  let tokens: string;
  beforeEach(() => {
    directory = makeTestDirectory();
    tokens = join(directory.path, 'join-tokens');
  });
  afterEach(() => directory.remove());

  test('is known until it is taken, and is taken once', () => {
    const secret = createJoinGrant(tokens, grant);
    expect(findJoinGrant(tokens, secret, 'web-1', 999)).toEqual(grant);
    expect(takeJoinGrant(tokens, secret)).toBe(true);
    expect(takeJoinGrant(tokens, secret)).toBe(false);
    expect(findJoinGrant(tokens, secret, 'web-1', 999)).toBe('used');
  });

  test('expires at its instant', () => {
    const secret = createJoinGrant(tokens, grant);
    expect(findJoinGrant(tokens, secret, 'web-1', 1000)).toBe('expired');
  });

  test('of one host is of no use to another', () => {
    const secret = createJoinGrant(tokens, { ...grant, name: 'web-1' });
    expect(findJoinGrant(tokens, secret, 'web-2', 0)).toBe('other-host');
    expect(findJoinGrant(tokens, secret, 'web-1', 0)).toEqual({ ...grant, name: 'web-1' });
  });

  test('that was never made is not known', () => {
    expect(findJoinGrant(tokens, 'A'.repeat(43), 'web-1', 0)).toBe('unknown');
  });

  test('is not in its file, which nobody else may read', () => {
    const secret = createJoinGrant(tokens, grant);
    const [name = ''] = readdirSync(tokens);
    const path = join(tokens, name);
    expect(name + readFileSync(path, 'utf8')).not.toContain(secret);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(tokens).mode & 0o777).toBe(0o700);
  });
});
