/** Selectors on the command line: name=nginx user=www parent.name=supervisor, all of which must hold. */
import { type Pid, parsePid } from '../../proto/identity.ts';
import { InvalidInput } from '../../proto/invalid-input.ts';
import { type Selector, selectorDepthMax } from '../../proto/selector.ts';
import { suggestion } from '../experiment/near-miss.ts';
import { usageFailure } from './exit-code.ts';

type Draft = { name?: string; cmdline?: string; pid?: Pid; user?: string; parent?: Draft };

const keys = ['name', 'cmdline', 'pid', 'user', 'parent'];

/** @throws CliFailure for an empty selector, an unknown key or a value that cannot be. */
export function parseSelector(words: readonly string[]): Selector {
  const selector: Draft = {};
  for (const word of words) {
    const [, path = '', value = ''] = /^([^=]*)=([\s\S]*)$/.exec(word) ?? [];
    if (path === '' || value === '') {
      throw usageFailure(`"${word}" is no condition; write key=value with one of ${keys.join(', ')}`);
    }
    setCondition(selector, path.split('.'), value, word);
  }
  if (Object.keys(selector).length === 0) {
    throw usageFailure(`an empty selector would match everything; give at least one of ${keys.join('=, ')}=`);
  }
  return selector;
}

function setCondition(root: Draft, path: readonly string[], value: string, word: string): void {
  if (path.length > selectorDepthMax) throw usageFailure(`"${word}" nests more than ${selectorDepthMax} deep`);
  let selector = root;
  for (const part of path.slice(0, -1)) {
    if (part !== 'parent') throw usageFailure(`"${word}": only parent has conditions of its own`);
    selector.parent ??= {};
    selector = selector.parent;
  }
  const key = path.at(-1) as string;
  switch (key) {
    case 'name':
    case 'cmdline':
    case 'user':
      selector[key] = value;
      return;
    case 'pid':
      selector.pid = pidOf(value, word);
      return;
    case 'parent':
      selector.parent = { ...selector.parent, pid: pidOf(value, word) };
      return;
    default:
      throw usageFailure(`"${key}" is no condition (${keys.join(', ')})${suggestion(key, keys)}`);
  }
}

function pidOf(value: string, word: string): Pid {
  try {
    return parsePid(/^\d+$/.test(value) ? Number(value) : value, word.split('=', 1)[0]);
  } catch (error) {
    throw error instanceof InvalidInput ? usageFailure(error.message) : error;
  }
}
