/** Runs a program of the host policy's list, with arguments that are like the ones it allows. */
import { hasShape } from '../../shared/argument-shape.ts';
import type { ActionKind } from './action.ts';
import { runChild } from './run-child.ts';

export const programRun: ActionKind<'program-run'> = {
  kind: 'program-run',
  refusal({ program, args }, { rollback }) {
    const listed = rollback.run.find(({ name }) => name === program);
    const names = rollback.run.map(({ name }) => name).join(', ') || 'none';
    if (!listed) return `${program} is not among the programs of rollback.run (${names})`;
    const strange = args.find((argument) => !listed.args.some((shape) => hasShape(argument, shape)));
    if (strange === undefined) return undefined;
    const shapes = listed.args.join(' ') || 'none';
    return `the argument ${JSON.stringify(strange)} is like none that rollback.run allows ${program} (${shapes})`;
  },
  run({ program, args }, { rollback }, programs) {
    const listed = rollback.run.find(({ name }) => name === program);
    if (!listed) return Promise.resolve({ isDone: false, seen: 'not among the programs of rollback.run' });
    return runChild(programs, listed.executable, args);
  },
};
