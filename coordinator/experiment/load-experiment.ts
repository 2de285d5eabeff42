/** The one door for experiment files: text in, an experiment or all its problems out. No file is opened here: not that of a playbook either. */
import type { Experiment } from '../core/experiment.ts';
import { compileExperiment } from './compile-experiment.ts';
import { experimentSchema } from './experiment-schema.ts';
import { FileProblems } from './file-problem.ts';
import { knownKeysAt } from './known-keys.ts';
import { actionsOfPlaybook, loadPlaybook, type PlaybookText } from './playbook.ts';
import { issueMessage, schemaProblems } from './schema-problem.ts';
import { pathText, readYaml, type YamlProblem } from './yaml-text.ts';

/** @throws FileProblems with every problem that can be told apart; `file` is only for their messages. */
export function loadExperiment(file: string, text: string, playbookTexts: readonly PlaybookText[] = []): Experiment {
  const refuse = (problems: readonly YamlProblem[]): void => {
    if (problems.length > 0) throw new FileProblems(problems.map((problem) => ({ file, ...problem })));
  };
  const yaml = readYaml(text);
  refuse(yaml.problems);
  const parsed = experimentSchema.safeParse(yaml.value, { error: issueMessage, reportInput: true });
  if (!parsed.success) {
    refuse(schemaProblems(parsed.error.issues, yaml, knownKeysAt));
    throw parsed.error;
  }
  const playbooks = playbookTexts.map(loadPlaybook);
  const problems: YamlProblem[] = [];
  const experiment = compileExperiment(parsed.data, {
    report: (path, message, at = 'value') =>
      problems.push({
        ...(at === 'key' ? yaml.placeOfKey(path) : yaml.placeOf(path)),
        message: `${pathText(path)}: ${message}`,
      }),
    reportInText: (path, offset, message) =>
      problems.push({ ...yaml.placeInText(path, offset), message: `${pathText(path)}: ${message}` }),
    playbook: (name, report) => actionsOfPlaybook(name, playbooks, report),
    lineOf: (path) => yaml.placeOf(path).line,
  });
  refuse(problems);
  return experiment;
}
