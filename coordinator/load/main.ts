/**
 * The program that drives one load, as a child of the coordinator. Its standard input is its leash: the order is the first
 * line, anything more or the end of it is the end of the load, so that nothing is sent when the coordinator is gone.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { readRecording } from './access-log.ts';
import { drive } from './drive.ts';
import { type DueRequest, replayedRequests, steadyRequests } from './due-requests.ts';
import type { LoadOrder, LoadReport } from './load-order.ts';

const reportEveryMs = 1000;
/** What is left of it after its time is over, should an answer never come. */
const lateMs = 12_000;

let stop = (): void => process.exit(0);
const input = createInterface({ input: process.stdin });
input.once('line', (text) => {
  begin(JSON.parse(text) as LoadOrder);
  input.once('line', () => stop());
});
process.stdin.on('end', () => process.exit(0));
process.stdin.on('error', () => process.exit(0));
process.stdout.on('error', () => process.exit(0));

function begin(order: LoadOrder): void {
  const load = drive(order, requestsOf(order));
  const tell = (isOver: boolean): void => {
    const report: LoadReport = { isOver, outcome: load.outcome() };
    process.stdout.write(`${JSON.stringify(report)}\n`);
  };
  const timer = setInterval(() => tell(false), reportEveryMs);
  const late = setTimeout(load.stop, order.durationMs + lateMs);
  stop = load.stop;
  load.ended.then(() => {
    clearInterval(timer);
    clearTimeout(late);
    tell(true);
    process.stdin.destroy();
  });
}

function requestsOf({ traffic, url }: LoadOrder): Generator<DueRequest> {
  const { pathname, search } = new URL(url);
  if (traffic.kind === 'steady') return steadyRequests(`${pathname}${search}`, traffic.requestsPerSecond);
  return replayedRequests(readRecording(readFileSync(traffic.path, 'utf8')), traffic.speed);
}
