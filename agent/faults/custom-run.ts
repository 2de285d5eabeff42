/** Runs a program of the host's own list, in a PID namespace that ends with the holder. */
import { text } from '../../proto/invalid-input.ts';
import { HoldFailure } from '../holders/hold-failure.ts';
import type { FaultKind } from './fault-kind.ts';
import { listName } from './list-name-parameter.ts';
import { namespaces, nativeCalls } from './needs.ts';
import { listOf, optional } from './network-parameter.ts';

const parameters = {
  program: listName('Its name in the list `custom` of the host policy.'),
  args: optional(listOf(parseArgument), 'list', 'Its arguments; the host policy says what they may look like.'),
};

export const customRun: FaultKind<typeof parameters> = {
  kind: 'custom.run',
  summary: 'Runs a program that the host policy lists, without capabilities; it and its children end with the fault.',
  aim: 'host',
  bindings: ['kernel'],
  holdsByPtrace: false,
  undo: 'none',
  needs: [nativeCalls, namespaces],
  asksHost: 'programs',
  parameters,
  /** By which the limit `custom` judges it. */
  magnitude: ({ program, args }) => ({ program: { name: program, args: args ?? [] } }),

  async hold({ kernel, briefing, parameters: { program, args } }) {
    const listed = briefing.programs?.find(({ name }) => name === program);
    if (!listed) throw new HoldFailure('fault-not-allowed', `${program} is not among the programs of this host`);
    const held = await kernel.holdProgram(listed.executable, args ?? []);
    return {
      touched: [`${listed.executable} runs, in the PID namespace of process ${held.pid}`],
      release: () => held.release(),
      finished: held.ended.then(() => undefined),
    };
  },

  seeEffect({ host, holders: [holder] }) {
    const running = holder ? host.inSessionOf(holder) : [];
    const pids = running.map(({ pid }) => pid).join(', ');
    return { isSeen: running.length > 0, seen: running.length > 0 ? `process ${pids} runs` : 'nothing of it runs' };
  },

  /** The first process of a PID namespace is there until the last other one of it has gone (pid_namespaces(7)). */
  seeRestored({ host, holders }) {
    const left = holders.flatMap((holder) => [
      ...(host.threads(holder).kind === 'gone' ? [] : [holder]),
      ...host.inSessionOf(holder),
    ]);
    const seen =
      left.length === 0 ? 'its PID namespace is gone' : `process ${left.map(({ pid }) => pid).join(', ')} still runs`;
    return [{ outcome: left.length === 0 ? 'restored' : 'still-held', seen, threads: 0, threadsRunning: 0 }];
  },
};

function parseArgument(value: unknown, path: string): string {
  return text(value, path, { lengthMin: 1, lengthMax: 256 });
}
