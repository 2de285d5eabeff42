/** A disk that hangs: strace(1) holds up each sync of one running program, which is the real one. Needs root. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, unless } from './requirement.ts';
import { until } from './until.ts';

export const canHangDisk = process.getuid?.() === 0 && findProgram('strace') !== undefined;
export const unlessDiskCannotHang = unless(canHangDisk, 'root and strace (package strace)');

/** @returns when every thread of it is held up, with what ends it. @param syncMs of each fsync(2) and fdatasync(2). */
export async function hangDisk(pid: number, syncMs: number): Promise<() => void> {
  const inject = `inject=fsync,fdatasync:delay_enter=${syncMs * 1000}`;
  const words = ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=fsync,fdatasync', '-e', inject, '-p', String(pid)];
  const tracer = spawn('strace', words, { stdio: 'inherit' });
  await until('each of its threads is traced', () => {
    const folder = `/proc/${pid}/task`;
    const seen = readdirSync(folder).map((tid) => readFileSync(join(folder, tid, 'status'), 'utf8'));
    return seen.every((status) => status.includes(`TracerPid:\t${tracer.pid}\n`));
  });
  return () => void tracer.kill('SIGKILL');
}
