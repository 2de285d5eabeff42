/** What the schema found wrong, in words and at its place. */
import type { z } from 'zod';
import { suggestion } from '../../proto/near-miss.ts';
import { shown } from './file-problem.ts';
import { type Path, pathText, type YamlProblem, type YamlText } from './yaml-text.ts';

type RawIssue = Parameters<z.core.$ZodErrorMap>[0];

/** The wording of each kind of issue; what the schema words itself goes before it. */
export function issueMessage(issue: RawIssue): string | undefined {
  const not = `not ${shown(issue.input)}`;
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is required' : `must be ${kindName(issue.expected)}, ${not}${hint(issue)}`;
    case 'invalid_value': {
      const allowed = issue.values.map(String);
      const expectation = `must be ${allowed.length === 1 ? '' : 'one of '}${allowed.join(', ')}`;
      return issue.input === undefined
        ? `is required, and ${expectation}`
        : `${expectation}, ${not}${suggestion(String(issue.input), allowed)}`;
    }
    case 'too_small':
      return bound('least', issue.minimum, issue.origin, issue.input);
    case 'too_big':
      return bound('most', issue.maximum, issue.origin, issue.input);
    default:
      return undefined;
  }
}

/** All problems of a parse, unions unfolded to the alternative that was meant. */
export function schemaProblems(issues: readonly z.core.$ZodIssue[], yaml: YamlText, known: KnownKeys): YamlProblem[] {
  return issues.flatMap((issue) => problemsOf(issue, [], yaml, known));
}

/** The keys that a mapping at a path may have. */
export type KnownKeys = (path: Path) => readonly string[];

function problemsOf(issue: z.core.$ZodIssue, parent: Path, yaml: YamlText, known: KnownKeys): YamlProblem[] {
  const path = [...parent, ...issue.path];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => {
        const list = known(path);
        const help = suggestion(key, list) || (list.length > 0 ? ` (${list.join(', ')})` : '');
        return { ...yaml.placeOfKey([...path, key]), message: `${named([...path, key])}is not a known key${help}` };
      });
    case 'invalid_union': {
      const meant = meantAlternative(issue.errors);
      if (meant) return meant.flatMap((inner) => problemsOf(inner, path, yaml, known));
      break;
    }
    case 'invalid_key':
      return issue.issues.map((inner) => ({
        ...yaml.placeOfKey(path),
        message: `${named(path)}a name here ${inner.message}`,
      }));
    default:
      break;
  }
  return [{ ...yaml.placeOf(path), message: `${named(path)}${issue.message}` }];
}

/**
 * The alternative that gets furthest: one that has neither the wrong kind of value nor a key missing at its top. When
 * none does, the issues of the first are as good as any, unless they only say that the kind is wrong.
 */
function meantAlternative(alternatives: z.core.$ZodIssue[][]): z.core.$ZodIssue[] | undefined {
  const isShallow = (issue: z.core.$ZodIssue): boolean =>
    issue.path.length === 0 || (issue.path.length === 1 && issue.message.startsWith('is required'));
  const ranked = alternatives
    .filter((issues) => issues.length > 0 && !issues.some((issue) => issue.path.length === 0 && isKind(issue)))
    .map((issues) => ({ issues, shallow: issues.filter(isShallow).length }))
    .sort((one, other) => one.shallow - other.shallow);
  return ranked[0]?.issues;
}

function isKind(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_type';
}

function named(path: Path): string {
  return path.length === 0 ? '' : `${pathText(path)}: `;
}

function kindName(expected: string): string {
  switch (expected) {
    case 'string':
      return 'text';
    case 'object':
    case 'record':
      return 'a mapping';
    case 'array':
      return 'a list';
    case 'boolean':
      return 'true or false';
    case 'int':
      return 'a whole number';
    default:
      return `a ${expected}`;
  }
}

/** The two surprises of YAML 1.2: a bare number is no text, and yes is no boolean. */
function hint(issue: { readonly expected: string; readonly input?: unknown }): string {
  const isBare = typeof issue.input === 'number' || typeof issue.input === 'boolean';
  if (issue.expected === 'string' && isBare) return '; put it in quotes';
  const isYesOrNo = typeof issue.input === 'string' && /^(yes|no|on|off)$/i.test(issue.input);
  return issue.expected === 'boolean' && isYesOrNo ? '; in YAML 1.2 that is text' : '';
}

function bound(side: 'least' | 'most', limit: number | bigint, origin: string, input: unknown): string {
  switch (origin) {
    case 'string':
      return `must be at ${side} ${limit} characters long, not ${String(input).length}`;
    case 'array':
      return `must have at ${side} ${limit} entries, not ${Array.isArray(input) ? input.length : 0}`;
    default:
      return `must be at ${side} ${limit}, not ${shown(input)}`;
  }
}
