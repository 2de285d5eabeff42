/**
 * The tokens with which programs abort runs and halt the fleet by a POST, and call the API where a binding gives them a role. Only their SHA-256 is kept: a token is 32 random bytes, so that a hash
 * without salt or work gives nothing away (RFC 4086), and whoever reads the file cannot use what is in it.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { replaceFile } from '../../shared/durable-file.ts';

export interface Token {
  /** As the audit has it. */
  readonly name: string;
  /** In hexadecimal digits. */
  readonly sha256: string;
  /** Labels in which an alert and an experiment must agree, where both have them. */
  readonly match: readonly string[];
  /** Stopping is wider than running: unless it was narrowed, a token may also halt the fleet. */
  readonly may: readonly TokenRight[];
  readonly createdAtUnixMs: number;
}

export const tokenRights = ['abort', 'halt', 'metrics'] as const;
export type TokenRight = (typeof tokenRights)[number];

const tokensMax = 100;
const label = z.string().min(1).max(128);
export const tokenName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'must be small letters, digits, ".", "_", "-"');

const schema = z.strictObject({
  tokens: z
    .array(
      z.strictObject({
        name: tokenName,
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
        match: z.array(label).max(20),
        may: z.array(z.enum(tokenRights)).default([...tokenRights]),
        createdAtUnixMs: z.number(),
      }),
    )
    .max(tokensMax),
});

/** @returns none for a file that does not exist. @throws Error for one that others may read, or that is not right. */
export async function readTokens(path: string): Promise<readonly Token[]> {
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!stats) return [];
  const mode = stats.mode & 0o777;
  if ((mode & 0o077) !== 0)
    throw new Error(`${path}: others may read it (mode ${mode.toString(8)}); chmod 600 ${path}`);
  const parsed = schema.safeParse(JSON.parse(await readFile(path, 'utf8')));
  if (!parsed.success) throw new Error(`${path}: ${parsed.error.issues[0]?.path.join('.')} is not right`);
  return parsed.data.tokens;
}

/** @returns the token itself, which is nowhere else. @throws Error when the name is taken. */
export async function addToken(
  path: string,
  {
    name,
    match,
    may = tokenRights,
    nowUnixMs,
  }: {
    readonly name: string;
    readonly match: readonly string[];
    readonly may?: readonly TokenRight[];
    readonly nowUnixMs: number;
  },
): Promise<string> {
  const tokens = await readTokens(path);
  if (tokens.some((token) => token.name === name)) throw new Error(`there is a token called ${name} already`);
  if (tokens.length >= tokensMax) throw new Error(`${tokens.length} tokens, at most ${tokensMax} allowed`);
  const secret = randomBytes(32).toString('base64url');
  const token: Token = {
    name,
    sha256: hashOf(secret).toString('hex'),
    match,
    may,
    createdAtUnixMs: Math.round(nowUnixMs),
  };
  await replaceFile(path, `${JSON.stringify({ tokens: [...tokens, token] }, null, 2)}\n`);
  return secret;
}

/** @throws Error when there is none of that name. */
export async function removeToken(path: string, name: string): Promise<void> {
  const tokens = await readTokens(path);
  const others = tokens.filter((token) => token.name !== name);
  if (others.length === tokens.length) throw new Error(`no token is called ${name}`);
  await replaceFile(path, `${JSON.stringify({ tokens: others }, null, 2)}\n`);
}

/** Takes the same time whichever token it is, and whether it is one. */
export function findToken(tokens: readonly Token[], secret: string): Token | undefined {
  const shown = hashOf(secret);
  let found: Token | undefined;
  for (const token of tokens) {
    const isIt = timingSafeEqual(Buffer.from(token.sha256, 'hex'), shown);
    found = isIt ? token : found;
  }
  return found;
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
