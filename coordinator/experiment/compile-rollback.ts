/** Rollback steps as written, to the typed actions that hosts know. */
import type { RollbackAction } from '../../proto/rollback-action.ts';
import type { Report } from './compile-targets.ts';
import type { WrittenRollbackStep } from './rollback-schema.ts';

export function compileRollback(written: readonly WrittenRollbackStep[], report: Report): readonly RollbackAction[] {
  return written.flatMap((step, index) => {
    const actions = actionsOf(step);
    if (actions.length !== 1) report(['rollback', index], 'must have exactly one of systemd, http, exec');
    return actions;
  });
}

function actionsOf({ systemd, http, exec }: WrittenRollbackStep): readonly RollbackAction[] {
  return [
    ...(systemd ? [{ kind: 'systemd-restart', unit: systemd.restart } as const] : []),
    ...(http ? [{ kind: 'http-call', method: http.method ?? 'POST', url: http.url } as const] : []),
    ...(exec ? [{ kind: 'program-run', program: exec.program, args: exec.args ?? [] } as const] : []),
  ];
}
