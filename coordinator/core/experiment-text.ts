/** An experiment in words, for plans, reports and those who approve. */
import { formatDurationMs } from '../../proto/quantity.ts';
import { actionText } from '../../proto/rollback-action.ts';
import { alarmsAfter } from './detectors/index.ts';
import type { AbortRule, BlastRadius, Detector, Experiment, HostChoice, Step } from './experiment.ts';
import { loadText } from './load.ts';

export interface ExperimentText {
  readonly blastRadius: readonly string[];
  readonly steps: readonly string[];
  readonly abortRules: readonly string[];
  readonly steadyState: readonly string[];
  readonly rollback: readonly string[];
  readonly detectors: readonly string[];
}

export function experimentText(experiment: Experiment): ExperimentText {
  return {
    blastRadius: boundTexts(experiment.blastRadius),
    steps: experiment.method.flatMap(({ steps }) => steps.map(stepText)),
    abortRules: experiment.abort.map(abortText),
    steadyState: experiment.steadyState.map((rule) => rule.text),
    rollback: (experiment.rollback ?? []).map(actionText),
    detectors: (experiment.detectors ?? []).map((each) => detectorText(each, experiment.baselineMs)),
  };
}

const boundWords: Readonly<Record<Exclude<keyof BlastRadius, 'tiers' | 'hostsPercent'>, string>> = {
  hosts: 'hosts',
  zones: 'zones',
  regions: 'regions',
  services: 'services, those depended on included',
  processesPerHost: 'processes on each host',
};

function boundTexts(radius: BlastRadius): readonly string[] {
  const counts = Object.entries(boundWords).flatMap(([key, words]) => {
    const bound = radius[key as keyof typeof boundWords];
    return bound === undefined ? [] : [`at most ${bound} ${words}`];
  });
  return [
    ...counts,
    ...(radius.hostsPercent === undefined ? [] : [`at most ${radius.hostsPercent}% of the fleet's hosts`]),
    ...(radius.tiers === undefined ? [] : [`only tier ${radius.tiers.join(', ')}`]),
  ];
}

function stepText(step: Step): string {
  const lasting = `for ${formatDurationMs(step.durationMs)}`;
  if (step.kind === 'wait') return `${step.number}. wait ${lasting}`;
  if (step.kind === 'load') return `${step.number}. load ${lasting}: ${loadText(step)}`;
  const { hosts, processes } = step.targets;
  const parameters = Object.entries(step.parameters).map(([name, value]) => `${name} ${String(value)}`);
  const aim = processes ? `${choiceText(processes.choice)} matching process on each of ` : '';
  const where = `${choiceText(hosts.choice)} matching host`;
  return [`${step.number}. ${step.fault} ${lasting}, on ${aim}${where}`, ...parameters].join(', ');
}

function choiceText(choice: HostChoice | { readonly mode: 'random-max-percent'; readonly percent: number }): string {
  switch (choice.mode) {
    case 'one':
      return 'one';
    case 'all':
      return 'every';
    case 'fixed':
      return String(choice.count);
    case 'percent':
      return `${choice.percent}% of the`;
    case 'random-max-percent':
      return `up to ${choice.percent}% of the`;
  }
}

function abortText({ text, forMs }: AbortRule): string {
  return forMs > 0 ? `${text} for ${formatDurationMs(forMs)}` : text;
}

const modeWords = { shadow: 'only kept', advise: 'advises an abort', abort: 'aborts the run' } as const;

/** "sequential on latency.value every 1s: aborts the run; at the earliest after 4 observations over 60 of the baseline" */
function detectorText({ probe, value, settings, mode, everyMs }: Detector, baselineMs: number): string {
  const count = Math.floor(baselineMs / everyMs);
  const earliest = alarmsAfter(settings, count);
  const rate =
    settings.method === 'sequential'
      ? `, false aborts at most ${Number((settings.falseAborts * 100).toPrecision(3))}%`
      : '';
  return `${settings.method} on ${probe}.${value} every ${formatDurationMs(everyMs)}: an alarm ${modeWords[mode]}${rate}; at the earliest after ${earliest} observations, over about ${count} of the baseline`;
}
