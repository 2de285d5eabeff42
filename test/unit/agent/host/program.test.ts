import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createSettings } from '../../../../agent/host/settings/index.ts';
import { alsoAfterSigterm, type RunProgram, runAsChild } from '../../../../agent/host/settings/program.ts';

/** Says how often it was started, and is ended by a signal the first time. */
async function runEndedBy(signal: string, run: RunProgram) {
  const folder = mkdtempSync(join(tmpdir(), 'leash-program-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const starts = join(folder, 'starts');
  const script = `echo start >>"$0"; [ "$(wc -l <"$0")" -gt 1 ] || kill -${signal} $$; cat`;
  const answer = await run('/bin/sh', ['-c', script, starts], 5000, 'input');
  return { answer, starts: existsSync(starts) ? readFileSync(starts, 'utf8').split('\n').length - 1 : 0 };
}

test('a program of an undo that SIGTERM ends, as a supervisor sends it to all that are left, is run once more', async () => {
  const { answer, starts } = await runEndedBy('TERM', alsoAfterSigterm(runAsChild));
  expect([starts, answer]).toEqual([2, { code: 0, output: 'input', messages: '' }]);
});

test('a program that another signal ends is not run again', async () => {
  const { answer, starts } = await runEndedBy('HUP', alsoAfterSigterm(runAsChild));
  expect([starts, answer]).toEqual([1, expect.objectContaining({ code: null, signal: 'SIGHUP' })]);
});

test('what SIGTERM ends while it sets something is not run again, and what puts that back is', async () => {
  let isMasked = false;
  const orders: string[] = [];
  const settings = createSettings({
    run: async (_systemctl, [verb = '']) => {
      const done = { code: 0, output: '', messages: '' };
      if (verb === 'show')
        return { ...done, output: `LoadState=loaded\nUnitFileState=${isMasked ? 'masked-runtime' : ''}\n` };
      const isFirst = !orders.includes(verb);
      orders.push(verb);
      // As far as its file, and not as far as its answer.
      if (verb === 'mask') isMasked = true;
      if (isFirst) return { ...done, code: null, error: 'ended', signal: 'SIGTERM' };
      if (verb === 'unmask') isMasked = false;
      return done;
    },
  });
  const kept = await settings.read({ what: 'service-masked', of: 'leash-no-such.service', ours: 'masked' });
  await expect(settings.set(kept)).rejects.toThrow('ended');
  expect(orders).toEqual(['mask', 'unmask', 'unmask']);
  expect(await settings.see(kept)).toMatchObject({ state: 'original' });
});
