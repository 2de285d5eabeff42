/** Speaking with a process that keeps a change, from the holder that made it or from whoever undoes it later. */
import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { KeeperOrder, KeeperReport } from './change-keeper.ts';
import { createLineReader } from './line-reader.ts';

export interface Keeper {
  /** Resolves with how it ended: "exit 0". */
  readonly ended: Promise<string>;
  /** Its next report; undefined when none comes in time, or none any more. */
  report(withinMs: number): Promise<KeeperReport | undefined>;
  /** Ends its stdin: what it keeps is undone. */
  letGo(): void;
}

const lineLengthMax = 65_536;

/** @param child was started with pipes for stdin and stdout. */
export function orderKeeper(child: ChildProcess, order: KeeperOrder): Keeper {
  const { stdin, stdout } = child as ChildProcess & { readonly stdin: Writable; readonly stdout: Readable };
  const reports: KeeperReport[] = [];
  let isOver = false;
  let wake = (): void => {};
  child.on('error', () => {});
  stdin.on('error', () => {});
  stdout.on('error', () => {});
  stdout.setEncoding('utf8').on(
    'data',
    createLineReader(lineLengthMax, (line) => {
      reports.push(JSON.parse(line) as KeeperReport);
      wake();
    }),
  );
  const ended = new Promise<string>((resolve) => {
    // Its last report has been read by then.
    child.once('close', (code, signal) => {
      isOver = true;
      wake();
      resolve(signal === null ? `exit ${code}` : `signal ${signal}`);
    });
  });
  stdin.write(`${JSON.stringify(order)}\n`);

  return {
    ended,
    report(withinMs) {
      return new Promise((resolve) => {
        const settle = (): void => {
          clearTimeout(timer);
          wake = () => {};
          resolve(reports.shift());
        };
        const timer = setTimeout(settle, withinMs);
        wake = settle;
        if (reports.length > 0 || isOver) settle();
      });
    },
    letGo: () => void stdin.end(),
  };
}
