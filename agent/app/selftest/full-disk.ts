/**
 * A disk without room, which a host has only one of: a small one in memory, in a mount namespace that ends with the
 * selftest. Namespaces are for single-threaded programs, so the attempt runs in another selftest, inside unshare(1).
 */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Attempt, type Bench, boundMs, NotTried } from './attempt.ts';

const smallDiskBytes = 4 * 2 ** 20;
const endsWithinMs = 30_000;

export const fullDisk: Attempt = {
  promise: 'Unkillable switch',
  name: 'pause: the disk is full, restore is asked',
  boundMs,
  async try() {
    const { code, output, errors } = await selftestInOwnMounts();
    if (code === notMounted) throw new NotTried(`no small disk can be mounted here: ${firstLine(errors)}`);
    const [result] = code === 0 || code === 1 ? JSON.parse(output).promises : [];
    if (!result) throw new Error(`it could not be tried: ${firstLine(errors)}`);
    if (!result.pass) throw new Error(result.seen);
    return result.measuredMs;
  },
};

/** The same, inside. */
export const onFullDisk: Attempt = {
  ...fullDisk,
  async try({ agent, victim }: Bench) {
    const fault = await agent.inject({ kind: 'process.pause', target: victim.identity });
    fill(agent.statePath);
    const from = process.hrtime.bigint();
    await agent.client.call('restore', { faultId: fault.faultId, reason: 'selftest' } as never, 6000);
    return victim.everyThreadRanAfter(from);
  },
};

/** Also what unshare(1) exits with where it may not. */
const notMounted = 71;

/** Over the directory of this selftest, in a mount namespace that nobody else is in. Exits where that is not allowed. */
export function mountSmallDisk(directory: string): void {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${smallDiskBytes},mode=0700`, 'leash-selftest', directory]);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(notMounted);
  }
}

function selftestInOwnMounts(): Promise<{ code: number; output: string; errors: string }> {
  const program = fileURLToPath(new URL('leash-agent.js', import.meta.url));
  const asRoot = process.geteuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const inside = ['--mount', '--propagation', 'private', ...asRoot, '--', process.execPath, program];
  const args = [...inside, 'selftest', '--json', '--small-disk', String(process.pid)];
  return new Promise((resolve) => {
    const child = spawn('unshare', args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: endsWithinMs });
    let [output, errors] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      errors += chunk;
    });
    child.once('error', (error) => resolve({ code: notMounted, output, errors: error.message }));
    child.once('close', (code) => {
      const wasRefused = errors.startsWith('unshare:');
      resolve({ code: wasRefused ? notMounted : (code ?? -1), output, errors });
    });
  });
}

function fill(directory: string): void {
  const fd = openSync(`${directory}/filler`, 'w', 0o600);
  try {
    // Only the small disk: had its mount gone away, what lies below would be the host's own.
    for (let written = 0; written <= smallDiskBytes; written += writeSync(fd, Buffer.alloc(4096, 1)));
    rmSync(`${directory}/filler`);
    throw new Error('there is no small disk to be filled');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(fd);
  }
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}
