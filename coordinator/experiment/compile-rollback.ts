/** Rollback steps as written, to the typed actions that hosts know. */
import { actionsMax, type RollbackAction } from '../../proto/rollback-action.ts';
import type { Report } from './compile-targets.ts';
import type { PlainRollbackStep, WrittenRollbackStep } from './rollback-schema.ts';
import type { Path } from './yaml-text.ts';

/** @param playbook what a playbook of this name comes to; it reports one that it does not know. */
export function compileRollback(
  written: readonly WrittenRollbackStep[],
  report: Report,
  playbook: (name: string, report: (message: string) => void) => readonly RollbackAction[],
): readonly RollbackAction[] {
  const actions = written.flatMap(({ playbook: name, ...step }, index) => {
    const path: Path = ['rollback', index];
    if (name === undefined) return actionsOf(step, path, report, ', playbook');
    if (Object.values(step).some((each) => each !== undefined)) {
      report(path, 'must have exactly one of systemd, http, exec, playbook');
    }
    return playbook(name, (message) => report([...path, 'playbook'], message));
  });
  if (actions.length > actionsMax) {
    report(['rollback'], `${actions.length} steps, those of its playbooks included, at most ${actionsMax} allowed`);
  }
  return actions;
}

export function actionsOf(
  { systemd, http, exec }: PlainRollbackStep,
  path: Path,
  report: Report,
  more = '',
): readonly RollbackAction[] {
  const actions: readonly RollbackAction[] = [
    ...(systemd ? [{ kind: 'systemd-restart', unit: systemd.restart } as const] : []),
    ...(http ? [{ kind: 'http-call', method: http.method ?? 'POST', url: http.url } as const] : []),
    ...(exec ? [{ kind: 'program-run', program: exec.program, args: exec.args ?? [] } as const] : []),
  ];
  if (actions.length !== 1) report(path, `must have exactly one of systemd, http, exec${more}`);
  return actions;
}
