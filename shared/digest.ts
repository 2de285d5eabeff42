/** Digests as people see and paste them: "sha256:" and 64 hex digits. */
import { createHash } from 'node:crypto';

export function sha256Of(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
