/** Tests on the real kernel run the programs that users run: the bundles. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const prepare = fileURLToPath(new URL('../.ci/prepare.mjs', import.meta.url));

/** Each project of tests asks for it; one build is for all of them. */
export function setup(): void {
  if (process.env.LEASH_TEST_BUILT !== undefined) return;
  execFileSync(process.execPath, [prepare, '--build'], { stdio: 'inherit' });
  process.env.LEASH_TEST_BUILT = '1';
}
