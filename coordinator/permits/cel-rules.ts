/** The organisation's own rules in CEL, for those without an OPA. A rule that fails has refused. */
import { Environment } from '@marcbachmann/cel-js';
import type { PolicyAnswer, PolicyDocument } from '../gates/permits.ts';

export interface WrittenCelRule {
  readonly name: string;
  /** True refuses. The document of coordinator/policy/README.md is `input`. */
  readonly denyWhen: string;
  /** Told where it refuses. */
  readonly because: string;
}

export interface CelRule {
  readonly name: string;
  ask(input: PolicyDocument): PolicyAnswer;
}

const environment = new Environment({
  unlistedVariablesAreDyn: false,
  limits: { maxAstNodes: 500, maxDepth: 50, maxListElements: 100, maxMapEntries: 100, maxCallArguments: 8 },
}).registerVariable('input', 'map');

/** @throws Error with what is wrong with the rule. */
export function compileCelRule({ name, denyWhen, because }: WrittenCelRule): CelRule {
  // Regular expressions of JavaScript can take for ever, on a text that anybody may write into an experiment.
  if (/\bmatches\s*\(/.test(denyWhen))
    throw new Error('matches() is not to be had here; use ==, in, startsWith or contains');
  const program = environment.parse(denyWhen);
  const { valid, error, type } = program.check();
  if (!valid) throw new Error(error?.message ?? 'it cannot be checked');
  if (type !== 'bool' && type !== 'dyn') throw new Error(`it must be true or false, and this is a ${type}`);
  return {
    name,
    ask(input) {
      try {
        const value: unknown = program({ input: withIntegers(input) });
        if (value === false) return { refusals: [] };
        return {
          refusals: [
            value === true ? `${name}: ${because}` : `${name}: is ${String(value)}, and must be true or false`,
          ],
        };
      } catch (failure) {
        const message = failure instanceof Error ? (failure.message.split('\n')[0] ?? '') : String(failure);
        return { refusals: [`${name}: could not be evaluated: ${message}`] };
      }
    },
  };
}

/** CEL tells whole numbers from others, and a rule that writes 3 means a whole one. */
function withIntegers(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(withIntegers);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withIntegers(member)]));
}
