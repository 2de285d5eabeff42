/** The one door for programme files: text in, rules or all its problems out. */
import { suggestion } from '../../proto/near-miss.ts';
import type { HostSelector } from '../core/experiment.ts';
import { defaultRules, type ProgrammeRules, type Recipe } from '../core/programme-rules.ts';
import { compileProbes } from '../experiment/compile-probes.ts';
import { FileProblems } from '../experiment/file-problem.ts';
import { knownKeysOf } from '../experiment/known-keys.ts';
import { issueMessage, schemaProblems } from '../experiment/schema-problem.ts';
import { type Path, pathText, readYaml, type YamlProblem } from '../experiment/yaml-text.ts';
import { programmeJsonSchema, programmeSchema, type WrittenProgramme } from './programme-schema.ts';

const knownKeys = knownKeysOf(programmeJsonSchema);

/** @throws FileProblems with every problem that can be told apart; `file` is only for their messages. */
export function loadProgramme(file: string, text: string): ProgrammeRules {
  const refuse = (problems: readonly YamlProblem[]): void => {
    if (problems.length > 0) throw new FileProblems(problems.map((problem) => ({ file, ...problem })));
  };
  const yaml = readYaml(text);
  refuse(yaml.problems);
  const parsed = programmeSchema.safeParse(yaml.value, { error: issueMessage, reportInput: true });
  if (!parsed.success) {
    refuse(schemaProblems(parsed.error.issues, yaml, knownKeys));
    throw parsed.error;
  }
  const problems: YamlProblem[] = [];
  const report = (path: Path, message: string): void => {
    problems.push({ ...yaml.placeOf(path), message: `${pathText(path)}: ${message}` });
  };
  const rules = compileProgramme(parsed.data, report);
  refuse(problems);
  return rules;
}

/** Recipes look at no host of the fleet. */
const noHosts: HostSelector = { labels: {}, names: [], choice: { mode: 'all' } };

type Report = (path: Path, message: string) => void;

function compileProgramme(written: WrittenProgramme, report: Report): ProgrammeRules {
  const recipes = Object.fromEntries(
    Object.entries(written.recipes ?? {}).map(([name, recipe]) => [name, compileRecipe(name, recipe, report)]),
  );
  const { liveIncident = {}, onCall = {}, promotion = {}, observability = [] } = written;
  refuseUnknown(observability, ['observability'], Object.keys(recipes), report);
  refuseUnknown(liveIncident.recipes ?? [], ['liveIncident', 'recipes'], Object.keys(recipes), report);
  if (onCall.name !== undefined && onCall.file !== undefined) report(['onCall'], 'must have one of name and file');
  return {
    ...defaultRules,
    ...(promotion.within === undefined ? {} : { promotion: { withinMs: promotion.within } }),
    ...present('drillWithinMs', written.drills?.within ?? defaultRules.drillWithinMs),
    ...(written.catalogMetadata ? { metadataFrom: written.catalogMetadata.from } : {}),
    recipes,
    observability,
    liveIncident: { ...present('flag', liveIncident.flag), recipes: liveIncident.recipes ?? [] },
    onCall: { ...present('name', onCall.name), ...present('file', onCall.file) },
    scope: written.scope ?? [],
    ...present('traceLink', written.traceLink),
  };
}

function compileRecipe(
  name: string,
  { http, file }: NonNullable<WrittenProgramme['recipes']>[string],
  report: Report,
): Recipe {
  if ((http === undefined) === (file === undefined))
    report(['recipes', name], 'must have exactly one of http and file');
  if (http) {
    const [probe] = compileProbes({ recipe: { http } }, noHosts, (path, message) =>
      report(['recipes', name, ...path.slice(2)], message),
    );
    if (probe) return { kind: 'http', probe };
  }
  return {
    kind: 'file',
    path: file?.path ?? '',
    ...present('contains', file?.contains),
    ...present('newerThanMs', file?.newerThan),
  };
}

function refuseUnknown(names: readonly string[], path: Path, known: readonly string[], report: Report): void {
  for (const [index, name] of names.entries()) {
    if (!known.includes(name)) report([...path, index], `no recipe is named "${name}"${suggestion(name, known)}`);
  }
}

function present<Name extends string, Value>(name: Name, value: Value | undefined): { readonly [Key in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [Key in Name]?: Value };
}
