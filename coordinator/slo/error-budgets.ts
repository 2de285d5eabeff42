/** The error budgets of an experiment: of the SLOs that it names, and of those of its service. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ErrorBudgetSettings } from '../config/coordinator-file.ts';
import { type Burn, burnRate, type ErrorBudget } from '../core/error-budget.ts';
import type { Experiment } from '../core/experiment.ts';
import type { ErrorBudgets } from '../engine/ports.ts';
import { errorRatioOf } from './error-ratio.ts';
import { parseSlos, type Slo } from './openslo.ts';

export interface ErrorBudgetOptions {
  readonly settings: ErrorBudgetSettings;
  readonly prometheusUrl: string | undefined;
  unixMs(): number;
}

const answerWithinMs = 5000;
const filesMax = 500;

/** @throws FileProblems for a file that is not right. */
export async function openErrorBudgets({ settings, prometheusUrl, unixMs }: ErrorBudgetOptions): Promise<ErrorBudgets> {
  const slos = settings.slosDirectory === undefined ? [] : await readSlos(settings.slosDirectory);

  /** @throws Error for a name that no file has. */
  function slosOf({ errorBudgets = [], labels }: Experiment): readonly Slo[] {
    const named = errorBudgets.map(({ slo }) => {
      const found = slos.find((each) => each.name === slo);
      if (!found)
        throw new Error(`no SLO is called ${slo} (${slos.map(({ name }) => name).join(', ') || 'there is none'})`);
      return found;
    });
    const { service } = labels;
    return [...new Set([...named, ...slos.filter((each) => service !== undefined && each.service === service)])];
  }

  async function asking<Result>(ask: (source: Parameters<typeof errorRatioOf>[2]) => Promise<Result>): Promise<Result> {
    if (prometheusUrl === undefined)
      throw new Error('no Prometheus is known: set prometheus.url in the coordinator’s file');
    return ask({ url: prometheusUrl, atUnixMs: unixMs(), signal: AbortSignal.timeout(answerWithinMs) });
  }

  return {
    startMinPercent: (stage) => settings.startMinPercent[stage],
    floorMinPercent: settings.floorMinPercent,
    async budgetsOf(experiment) {
      const budgets = slosOf(experiment).map((slo) =>
        asking(async (source): Promise<ErrorBudget> => {
          const errorRatio = await errorRatioOf(slo, slo.windowMs, source);
          return { slo: slo.name, target: slo.target, errorRatio };
        }),
      );
      return Promise.all(budgets);
    },
    async burnsOf(experiment) {
      const burns = slosOf(experiment).flatMap((slo) =>
        settings.burn.map(({ longMs, shortMs, rateMax }) =>
          asking(async (source): Promise<Burn> => {
            const rates = await Promise.all([longMs, shortMs].map((ms) => errorRatioOf(slo, ms, source)));
            const [long, short] = rates.map((ratio) => burnRate(ratio, slo.target)) as [number, number];
            return { slo: slo.name, long, short, rateMax };
          }),
        ),
      );
      return Promise.all(burns);
    },
  };
}

async function readSlos(directory: string): Promise<readonly Slo[]> {
  const names = (await readdir(directory)).filter((name) => /\.ya?ml$/.test(name)).sort();
  if (names.length > filesMax) throw new Error(`${directory}: ${names.length} files, at most ${filesMax} are read`);
  const files = names.map(async (name) => ({
    name: join(directory, name),
    text: await readFile(join(directory, name), 'utf8'),
  }));
  return parseSlos(await Promise.all(files));
}
