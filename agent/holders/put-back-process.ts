/** The process that puts one setting back by a program, after the one that held it is gone. It does that one thing. */
import { createSettings } from '../host/settings/index.ts';
import { createLineReader } from './line-reader.ts';
import { parseKeptSetting } from './setting-door.ts';

/** The first argument of a holder program that is to be one. */
export const putBackWord = 'put-back';

const lineLengthMax = 65_536;

/** The whole life of it. Nobody's death ends it, and no polite signal: what it does is the way home. */
export function putBackOne(): void {
  for (const polite of ['SIGTERM', 'SIGINT'] as const) process.on(polite, () => {});
  process.stdout.on('error', () => {});
  process.stdin.setEncoding('utf8');
  process.stdin.on(
    'data',
    createLineReader(lineLengthMax, (line) => {
      void createSettings()
        .putBack(parseKeptSetting(JSON.parse(line), 'order'))
        .then((seen) => process.stdout.write(`${JSON.stringify(seen)}\n`));
    }),
  );
}
