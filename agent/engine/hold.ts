/** What the engine keeps in memory of one fault: its holder, and what is needed to look at its targets. */

import type { ProcessIdentity } from '../../proto/identity.ts';
import type { Briefing } from '../core/briefing.ts';
import type { ChangePort } from '../core/change.ts';
import type { ProcessFacts } from '../core/process.ts';
import type { KeptSetting, SettingsPort } from '../core/setting.ts';
import type { FaultKind, Gauged, HostView, Sight } from '../faults/fault-kind.ts';
import type { ParametersOf, ParameterTable } from '../faults/parameter.ts';
import type { Holder } from './holder-port.ts';

/** Made when an inject is examined, or from the journal at start. */
export interface Subject {
  readonly kind: FaultKind;
  readonly parameters: ParametersOf<ParameterTable>;
  readonly targets: readonly ProcessFacts[];
  readonly wasStopped: readonly boolean[];
  /** Found out just before the inject. */
  readonly briefing?: Briefing;
  /** What it sets, with what that was just before the inject. */
  readonly kept?: readonly KeptSetting[];
}

export interface SightPorts {
  readonly host: HostView;
  readonly changes?: ChangePort;
  readonly settings?: SettingsPort;
}

export interface Hold {
  readonly subject: Subject;
  holder: Holder | undefined;
  isHolderGone: boolean;
  /** The holder has said that it let go of everything: whatever is still stopped was stopped by somebody else. */
  hasLetGo: boolean;
  /** When the touch was ordered. */
  touchedAtBootMs: number | undefined;
  gauged: Gauged;
  /** From here on a change is undone by the agent, though the process that keeps it may be at work still. */
  undoFromBootMs?: number;
  /** The agent's own undo of a change or of settings is at work. */
  isBeingUndone?: boolean;
  /** The holder of an earlier agent, known from the journal. */
  readonly formerHolder: ProcessIdentity | undefined;
}

export function sightOf(hold: Hold, { host, changes, settings }: SightPorts): Sight<ParameterTable> {
  const holder = hold.holder?.identity ?? hold.formerHolder;
  return {
    host,
    parameters: hold.subject.parameters,
    targets: hold.subject.targets,
    holders: holder ? [holder] : [],
    wasStopped: hold.hasLetGo ? hold.subject.targets.map(() => true) : hold.subject.wasStopped,
    gauged: hold.gauged,
    ...(hold.subject.briefing ? { briefing: hold.subject.briefing } : {}),
    ...(changes ? { changes } : {}),
    ...(hold.subject.kept ? { kept: hold.subject.kept } : {}),
    ...(settings ? { settings } : {}),
    ...(hold.touchedAtBootMs === undefined ? {} : { touchedAtBootMs: hold.touchedAtBootMs }),
  };
}

/** Reads the figure that the fault moves, where it has one, and keeps it. Never throws: nothing waits for a figure. */
export function gauge(hold: Hold, ports: SightPorts, moment: keyof Gauged): void {
  try {
    const value = hold.subject.kind.gauge?.(sightOf(hold, ports));
    if (value !== undefined) hold.gauged = { ...hold.gauged, [moment]: { value, atBootMs: ports.host.bootMs() } };
  } catch {
    // Then the looks go without it.
  }
}
