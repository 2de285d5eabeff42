/** A program that systemd starts by the agent's unit, and that is spoken with by lines as a child would be. */
import { execFileSync } from 'node:child_process';
import { constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startUnderUnit, type UnitProcess } from '../../rig/under-unit.ts';

export interface PipedUnit extends UnitProcess {
  readonly stdin: Socket;
  readonly stdout: Socket;
}

export async function startPipedUnderUnit(command: readonly string[], capabilities: string): Promise<PipedUnit> {
  const folder = mkdtempSync(join(tmpdir(), 'leash-pipes-'));
  const [input, output] = [join(folder, 'in'), join(folder, 'out')];
  execFileSync('mkfifo', [input, output]);
  // Both ways, so that neither waits for the other end; the program reads to the end of file when this process ends.
  const open = (path: string): Socket =>
    new Socket({
      fd: openSync(path, constants.O_RDWR | constants.O_NONBLOCK),
      readable: path === output,
      writable: path === input,
    });
  const [stdin, stdout] = [open(input), open(output)];
  const errors = join(folder, 'log');
  const unit = await startUnderUnit({ command, capabilities, input, output, errors, saysReady: false });
  return Object.assign(Object.create(unit) as UnitProcess, {
    stdin,
    stdout,
    async remove() {
      await unit.remove();
      stdin.destroy();
      stdout.destroy();
      rmSync(folder, { recursive: true, force: true });
    },
  });
}
