/** Where the holder's program is: beside the agent's own, in the same folder. */
import { fileURLToPath } from 'node:url';

export function holderProgramPath(): string {
  return fileURLToPath(new URL('leash-holder.js', import.meta.url));
}
