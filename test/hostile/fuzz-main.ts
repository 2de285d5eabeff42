/** `npm run fuzz -- [--seed N] [--seconds N]`: a real agent over mutual TLS, and the readers of YAML; one JSON document. */
import { parseArgs } from 'node:util';
import { startBesieged } from '../rig/besieged.ts';
import { fuzzGrpc } from './fuzz-grpc.ts';
import { fuzzYaml } from './fuzz-yaml.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string' }, seconds: { type: 'string', default: '30' }, json: { type: 'boolean' } },
});
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(values.seed);
const halfMs = (Number(values.seconds) * 1000) / 2;
const within = (): (() => boolean) => {
  const untilMs = performance.now() + halfMs;
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
  process.stdout.write(`${JSON.stringify({ seed, grpc, known: figures, yaml }, null, 2)}\n`);
  process.exitCode = grpc.wrong.length + yaml.wrong.length > 0 ? 1 : 0;
} finally {
  await rig.dispose();
}
