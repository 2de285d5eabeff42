import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runAsChild } from '../../../../agent/host/settings/program.ts';

/** Says how often it was started, and is ended by a signal the first time. */
async function runEndedBy(signal: string) {
  const folder = mkdtempSync(join(tmpdir(), 'leash-program-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const starts = join(folder, 'starts');
  const script = `echo start >>"$0"; [ "$(wc -l <"$0")" -gt 1 ] || kill -${signal} $$; cat`;
  const answer = await runAsChild('/bin/sh', ['-c', script, starts], 5000, 'input');
  return { answer, starts: existsSync(starts) ? readFileSync(starts, 'utf8').split('\n').length - 1 : 0 };
}

test('a program of an undo that SIGTERM ends, as a supervisor sends it to all that are left, is run once more', async () => {
  const { answer, starts } = await runEndedBy('TERM');
  expect([starts, answer]).toEqual([2, { code: 0, output: 'input', messages: '' }]);
});

test('a program that another signal ends is not run again', async () => {
  const { answer, starts } = await runEndedBy('HUP');
  expect([starts, answer.code]).toEqual([1, null]);
});
