/** A playbook: rollback steps under a name, which a catalog keeps once and experiments name. */

import { z } from 'zod';
import { suggestion } from '../../proto/near-miss.ts';
import { actionsMax, type RollbackAction } from '../../proto/rollback-action.ts';
import { actionsOf } from './compile-rollback.ts';
import type { Report } from './compile-targets.ts';
import { FileProblems } from './file-problem.ts';
import { knownKeysOf } from './known-keys.ts';
import { plainRollbackStep, playbookName } from './rollback-schema.ts';
import { issueMessage, schemaProblems } from './schema-problem.ts';
import { pathText, readYaml, type YamlProblem } from './yaml-text.ts';

export interface PlaybookText {
  /** For messages only. */
  readonly name: string;
  readonly text: string;
}

export interface Playbook {
  readonly name: string;
  readonly actions: readonly RollbackAction[];
}

const schema = z
  .strictObject({
    apiVersion: z.literal('leash/v1'),
    kind: z.literal('Playbook'),
    metadata: z.strictObject({
      name: playbookName,
      owner: z.string().min(1).max(255).meta({ description: 'Who answers for it' }),
    }),
    description: z.string().max(2000).optional(),
    steps: z.array(plainRollbackStep).min(1).max(actionsMax),
  })
  .meta({
    title: 'Leash playbook',
    description: 'Rollback steps that experiments name: rollback: [ { playbook: NAME } ]',
  });

const knownKeys = knownKeysOf(() => z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input' }));

/** @throws FileProblems with every problem; `file` is only for their messages. */
export function loadPlaybook({ name: file, text }: PlaybookText): Playbook {
  const refuse = (problems: readonly YamlProblem[]): void => {
    if (problems.length > 0) throw new FileProblems(problems.map((problem) => ({ file, ...problem })));
  };
  const yaml = readYaml(text);
  refuse(yaml.problems);
  const parsed = schema.safeParse(yaml.value, { error: issueMessage, reportInput: true });
  if (!parsed.success) {
    refuse(schemaProblems(parsed.error.issues, yaml, knownKeys));
    throw parsed.error;
  }
  const problems: YamlProblem[] = [];
  const report: Report = (path, message) =>
    void problems.push({ ...yaml.placeOf(path), message: `${pathText(path)}: ${message}` });
  const actions = parsed.data.steps.flatMap((step, index) => actionsOf(step, ['steps', index], report));
  refuse(problems);
  return { name: parsed.data.metadata.name, actions };
}

/** What a playbook's step comes to; reports a name that there is none of. */
export function actionsOfPlaybook(
  name: string,
  playbooks: readonly Playbook[],
  report: (message: string) => void,
): readonly RollbackAction[] {
  const found = playbooks.find((playbook) => playbook.name === name);
  if (found) return found.actions;
  const known = playbooks.map((playbook) => playbook.name);
  report(
    `no playbook is named "${name}"${suggestion(name, known)}; they are read from the catalog and from beside the file`,
  );
  return [];
}

/** Whether a file is one, by what it says itself: told apart before it is read as something. */
export function isPlaybook(text: string): boolean {
  return /^kind:[ \t]*["']?Playbook["']?[ \t]*(#.*)?\r?$/m.test(text);
}
