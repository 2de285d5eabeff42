import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { parseDurationMs } from '../../proto/quantity.ts';
import { CallFailure } from '../client/call-failure.ts';
import {
  type CliContext,
  type ConnectionOptions,
  coordinatorAddress,
  defaultCoordinator,
  helpText,
  withConnection,
  withCoordinator,
} from './context.ts';
import { coordinatorConfigDirectory, coordinatorReadiness, joinAddress } from './coordinator-readiness.ts';
import { exitCodes } from './exit-code.ts';
import { readExperimentFile } from './experiment-argument.ts';
import { listHosts } from './inventory.ts';
import { check, experimentReadiness, fleetReadiness, type ReadinessCheck } from './readiness.ts';
import { bad, good, quiet } from './text.ts';
import { version } from './version.ts';

interface DoctorOptions extends ConnectionOptions {
  readonly rehearsedWithin: string;
}

const agentProgram = '/usr/bin/leash-agent';
const yearMs = 365 * 86_400_000;

export function addDoctorCommand(program: Command, context: CliContext): void {
  withConnection(program.command('doctor'))
    .description('what the fleet, and experiments on it, still lack: one line each, with the command that mends it')
    .argument('[files...]', 'experiments to look at too')
    .option('--rehearsed-within <duration>', 'how long a rehearsal of the kill switch counts', '720h')
    .addHelpText(
      'after',
      helpText('JSON: { ready, checks: [{ name, ready, detail, fix }] }. Exits with 3 unless all is ready.'),
    )
    .action(async (files: string[], options: DoctorOptions) => {
      const rehearsedWithinMs = parseDurationMs(options.rehearsedWithin, '--rehearsed-within', {
        minimum: 1000,
        maximum: yearMs,
      });
      const experiments = files.flatMap((path) =>
        experimentReadiness(readExperimentFile(path, context).experiment, path),
      );
      const checks = [...(await lookAtFleet(context, options, rehearsedWithinMs)), ...experiments];
      const isReady = checks.every((one) => one.isReady);
      if (options.json) {
        const rows = checks.map(({ name, isReady: ready, detail, fix }) => ({ name, ready, detail, fix }));
        context.terminal.document({ ready: isReady, checks: rows });
      } else for (const one of checks) print(context, one);
      if (!isReady) context.exitWith(exitCodes.refused);
    });
}

async function lookAtFleet(
  context: CliContext,
  options: ConnectionOptions,
  rehearsedWithinMs: number,
): Promise<readonly ReadinessCheck[]> {
  const address = coordinatorAddress(context, options);
  try {
    const document = await withCoordinator(context, options, (coordinator) => listHosts(context, coordinator));
    const answers = check('coordinator', true, `answers at ${address}`, '');
    const seen = { ...document, version, nowUnixMs: Date.now(), rehearsedWithinMs, joinFix: joinFix() };
    return [answers, ...fleetReadiness(seen)];
  } catch (error) {
    if (!(error instanceof CallFailure) || error.kind !== 'unreachable') throw error;
    // Of a coordinator elsewhere nothing more can be seen from here.
    if (address === defaultCoordinator) return coordinatorReadiness(coordinatorConfigDirectory, error.message);
    return [check('coordinator', false, error.message, 'systemctl enable --now leash-coordinator, where it runs')];
  }
}

/** The token never stands on a command line, where every user of the host could read it. */
function joinFix(): string {
  const join = `leash-agent join ${joinAddress(coordinatorConfigDirectory)}`;
  return existsSync(agentProgram) ? `leash join-token | ${join}` : `leash join-token | ssh HOST ${join}`;
}

function print({ terminal }: CliContext, { name, isReady, detail, fix }: ReadinessCheck): void {
  terminal.line(isReady ? good('ok  ') : bad('red '), ` ${name}: ${detail}`);
  if (fix !== '') terminal.line(quiet('      fix: '), fix);
}
