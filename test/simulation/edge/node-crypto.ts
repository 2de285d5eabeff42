/** In place of `node:crypto`: the same digests, and chances that come from the seed. */
import { runningProcess } from '../world/process.ts';

export { createHash } from 'node:crypto';

export function randomBytes(size: number): Buffer {
  const { random } = runningProcess().host;
  return Buffer.from(Array.from({ length: size }, () => random.whole(0, 255)));
}

export function randomUUID(): string {
  const hex = randomBytes(16).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
