/** Tests on the real kernel run the programs that users run: the bundles. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export function setup(): void {
  execFileSync(process.execPath, [fileURLToPath(new URL('../.ci/prepare.mjs', import.meta.url)), '--build'], {
    stdio: 'inherit',
  });
}
