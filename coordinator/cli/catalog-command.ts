import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { suggestion } from '../../proto/near-miss.ts';
import { coordinatorService } from '../../proto/services.ts';
import { type Catalog, type CatalogEntry, dependenciesOf, readCatalog } from '../catalog/catalog.ts';
import { type Trend, trendOf } from '../catalog/trend.ts';
import { type RunDocument, runDocument } from '../client/run-document.ts';
import { FileProblems, formatFileProblem } from '../experiment/file-problem.ts';
import { dependencyTree } from '../report/dependency-tree.ts';
import {
  type CliContext,
  type ConnectionOptions,
  helpText,
  withConnection,
  withCoordinator,
  withJson,
} from './context.ts';
import { deadlinesMs } from './deadlines.ts';
import { exitCodes, usageFailure } from './exit-code.ts';
import type { Terminal } from './terminal.ts';
import { bad, good, quiet, strong, type Text } from './text.ts';
import { milliseconds, timestamp } from './time-text.ts';

interface CatalogOptions {
  readonly catalog?: string;
  readonly json?: boolean;
}

const runsMax = 1000;

export function addCatalogCommand(program: Command, context: CliContext): void {
  const catalog = program.command('catalog').description('a folder of experiments that a repository keeps');
  inFolder(withJson(catalog.command('list')))
    .description('every entry: what it is about, who answers for it, and what is wrong with it')
    .addHelpText('after', helpText('JSON: { entries: [{ name, path, stage, tier, owner, goal }], problems }'))
    .action((options: CatalogOptions) => list(context, options));
  inFolder(withJson(catalog.command('show')))
    .description('one entry, and the tree of what it depends on')
    .argument('<name>', 'metadata.name of an entry')
    .addHelpText('after', helpText('JSON: { name, path, experiment }'))
    .action((name: string, options: CatalogOptions) => show(context, name, options));
  inFolder(withJson(catalog.command('lint')))
    .description('what is wrong with any file, with file, line and column; exits with 2 when something is')
    .addHelpText('after', helpText('JSON: { files, problems: [{ file, line, column, message }] }'))
    .action((options: CatalogOptions) => lint(context, options));
  withConnection(catalog.command('history'))
    .description('the runs of one entry over time: results, recovery, deviations, findings')
    .argument('<name>', 'metadata.name of an entry')
    .addHelpText(
      'after',
      helpText(
        'JSON: { name, runs: [{ runId, stage, atUnixMs, result, recoveryMs, findings }], judged, deviated, meanRecoveryMs }',
      ),
    )
    .action((name: string, options: ConnectionOptions) => history(context, name, options));
}

function inFolder(command: Command): Command {
  return command.option('--catalog <folder>', 'the folder (env LEASH_CATALOG; ./catalog)');
}

function openCatalog(context: CliContext, { catalog }: CatalogOptions): Catalog {
  const folder = catalog ?? (context.environment.LEASH_CATALOG || 'catalog');
  if (!existsSync(folder))
    throw usageFailure(`${folder}: does not exist; give --catalog FOLDER (or set LEASH_CATALOG)`);
  return readCatalog(folder);
}

function list(context: CliContext, options: CatalogOptions): void {
  const { entries, problems } = openCatalog(context, options);
  const rows = entries.map(({ path, experiment: { name, stage, tier, owner, goal } }) => ({
    name,
    path,
    stage,
    tier: tier ?? '',
    owner,
    goal,
  }));
  if (options.json) {
    context.terminal.document({ entries: rows, problems });
    return;
  }
  context.terminal.table(
    [{ title: 'NAME' }, { title: 'STAGE' }, { title: 'TIER' }, { title: 'OWNER' }, { title: 'GOAL' }],
    rows.map(({ name, stage, tier, owner, goal }) => [name, stage, tier, owner, goal]),
  );
  if (problems.length > 0) context.terminal.line(bad(`${problems.length} problems`), '; leash catalog lint names them');
}

function show(context: CliContext, name: string, options: CatalogOptions): void {
  const { entries } = openCatalog(context, options);
  const entry = entryOf(entries, name);
  const { experiment, path, text } = entry;
  if (options.json) {
    context.terminal.document({ name, path, experiment });
    return;
  }
  context.terminal.line(strong(name), quiet(`  ${path}`));
  for (const line of dependencyTree(experiment, dependenciesOf(entries))) context.terminal.line(line);
  context.terminal.line('');
  for (const line of text.trimEnd().split('\n')) context.terminal.line(line);
}

function lint(context: CliContext, options: CatalogOptions): void {
  const { entries, playbooks, files, problems } = openCatalog(context, options);
  if (options.json) context.terminal.document({ files, problems });
  else if (problems.length === 0)
    context.terminal.line(
      good('nothing is wrong'),
      ` in ${entries.length} entries${playbooks.length > 0 ? ` and ${playbooks.length} playbooks` : ''}`,
    );
  else for (const problem of new FileProblems(problems).problems) context.terminal.line(formatFileProblem(problem));
  if (problems.length > 0) context.exitWith(exitCodes.usage);
}

async function history(context: CliContext, name: string, options: ConnectionOptions): Promise<void> {
  const runs = await withCoordinator(context, options, async (coordinator) => {
    const listed = await coordinator.call(coordinatorService.listRuns, { runsMax }, deadlinesMs.ask);
    const own = (listed.runs ?? []).filter((run) => run.experiment === name);
    const whole: RunDocument[] = [];
    // One at a time: each brings its findings along, and a history is not in a hurry.
    for (const { runId } of own) {
      whole.push(
        runDocument(await coordinator.call(coordinatorService.getRun, { runId: runId ?? '' }, deadlinesMs.ask)),
      );
    }
    return whole;
  });
  const trend = trendOf(runs);
  if (options.json) context.terminal.document({ name, ...trend });
  else printTrend(context.terminal, name, trend);
}

function printTrend(terminal: Terminal, name: string, { runs, judged, deviated, meanRecoveryMs }: Trend): void {
  if (runs.length === 0) {
    terminal.line(`no run of ${name} has ended`);
    return;
  }
  terminal.table(
    [
      { title: 'RUN' },
      { title: 'SUBMITTED' },
      { title: 'STAGE' },
      { title: 'RESULT' },
      { title: 'RECOVERY', align: 'right' },
      { title: 'FINDINGS', align: 'right' },
    ],
    runs.map(({ runId, atUnixMs, stage, result, recoveryMs, findings }): readonly Text[] => [
      runId,
      timestamp(atUnixMs),
      stage,
      result === 'held' ? good(result) : result,
      recoveryMs === null ? '–' : milliseconds(recoveryMs),
      String(findings),
    ]),
  );
  const recovery = meanRecoveryMs === null ? '' : `; mean time to recovery ${milliseconds(meanRecoveryMs)}`;
  terminal.line(`${deviated} of ${judged} judged runs deviated${recovery}`);
}

function entryOf(entries: readonly CatalogEntry[], name: string): CatalogEntry {
  const entry = entries.find(({ experiment }) => experiment.name === name);
  if (entry) return entry;
  const names = entries.map(({ experiment }) => experiment.name);
  throw usageFailure(`no entry is named "${name}"${suggestion(name, names)}`);
}
