/** The probes of a file: each of exactly one kind, which compiles what is its own. */
import type { HostSelector, Probe, ProbeSource } from '../core/experiment.ts';
import { type ProbeKindName, probeKinds } from '../probes/kinds.ts';
import type { ProbeKind, ProbePlace } from '../probes/probe-kind.ts';
import type { Report } from './compile-targets.ts';
import type { WrittenProbe } from './experiment-schema.ts';
import type { Path } from './yaml-text.ts';

const defaultsMs = { every: 1000, timeout: 1000 };

/** Words of CEL, and our own, that could not be told from a probe in a rule. */
const reservedNames = new Set(
  (
    'baseline and or not true false null in as break const continue else for function if import let loop package ' +
    'namespace return var void while int uint double bool string bytes list map type dyn duration timestamp size has'
  ).split(' '),
);

export function compileProbes(
  written: Readonly<Record<string, WrittenProbe>>,
  hosts: HostSelector,
  report: Report,
): readonly Probe[] {
  return Object.entries(written).flatMap(([name, probe]): readonly Probe[] => {
    const path: Path = ['probes', name];
    if (reservedNames.has(name)) report(path, `"${name}" is a word of the rules; choose another name`);
    const kind = onlyKind(probe, path, report);
    if (!kind) return [];
    const own = probe[kind] as { readonly timeout?: number };
    const everyMs = probe.every ?? defaultsMs.every;
    refuseForeignKeys(probe, kind, path, report);
    const place: ProbePlace = {
      everyMs,
      hosts,
      beside: probe as ProbePlace['beside'],
      sibling: (other) => (other === name ? undefined : (written[other] as ReturnType<ProbePlace['sibling']>)),
      report: (keys, message) => report([...path, kind, ...keys], message),
    };
    const source: ProbeSource = (probeKinds[kind] as unknown as ProbeKind).compile(own, place);
    return [{ name, everyMs, timeoutMs: own.timeout ?? defaultsMs.timeout, source }];
  });
}

function onlyKind(probe: WrittenProbe, path: Path, report: Report): ProbeKindName | undefined {
  const names = Object.keys(probeKinds) as ProbeKindName[];
  const [first, second] = names.filter((name) => probe[name] !== undefined);
  if (first === undefined) report(path, `one of ${names.join(', ')} is required: { http: { url: … } }`);
  if (second !== undefined)
    report([...path, second], `a probe is of one kind, and this one is ${first} already`, 'key');
  return first;
}

function refuseForeignKeys(probe: WrittenProbe, kind: ProbeKindName, path: Path, report: Report): void {
  if (kind === 'prometheus') return;
  for (const key of ['whenEmpty', 'liveness', 'floor'] as const) {
    if (probe[key] !== undefined) report([...path, key], `goes with prometheus, not ${kind}`, 'key');
  }
}
