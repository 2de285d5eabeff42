/**
 * `npm run fuzz -- [--seed N] [--seconds N]`: a real agent over mutual TLS, the readers of YAML, and the replay of the journal;
 * one JSON document.
 */
import { parseArgs } from 'node:util';
import { startBesieged } from '../rig/besieged.ts';
import { makeTestDirectory } from '../rig/directory.ts';
import { fuzzGrpc } from './fuzz-grpc.ts';
import { fuzzJournal, type JournalFuzz } from './fuzz-journal.ts';
import { fuzzYaml } from './fuzz-yaml.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string' }, seconds: { type: 'string', default: '30' }, json: { type: 'boolean' } },
});
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(values.seed);
const thirdMs = (Number(values.seconds) * 1000) / 3;
const within = (): (() => boolean) => {
  const untilMs = performance.now() + thirdMs;
  return () => performance.now() >= untilMs;
};

const rig = await startBesieged('faults: { allow: [] }\ninjectsPerMinute: 600\n');
try {
  const next = rig.rawClients(await rig.issue('coordinator', 'fuzz'));
  const pulse = await rig.startPulse();
  const grpc = await fuzzGrpc(next, rig.bystander.pid, seed, within());
  const figures = await pulse.stop();
  await rig.expectUntouched();
  const yaml = fuzzYaml(seed, within());
  const journal = await fuzzJournals(seed, within());
  process.stdout.write(`${JSON.stringify({ seed, grpc, known: figures, yaml, journal }, null, 2)}\n`);
  process.exitCode = grpc.wrong.length + yaml.wrong.length + journal.wrong.length > 0 ? 1 : 0;
} finally {
  await rig.dispose();
}

/** A few at a time, each lot from a seed of its own that can be given again. */
async function fuzzJournals(firstSeed: number, isOver: () => boolean): Promise<JournalFuzz> {
  const directory = makeTestDirectory();
  let total: JournalFuzz = { records: 0, movedBack: 0, wrong: [] };
  try {
    for (let lot = 0; !isOver(); lot += 1) {
      const { records, movedBack, wrong } = await fuzzJournal(directory.sub('journal'), firstSeed + lot, 5);
      total = {
        records: total.records + records,
        movedBack: total.movedBack + movedBack,
        wrong: [...total.wrong, ...wrong],
      };
    }
    return total;
  } finally {
    directory.remove();
  }
}
