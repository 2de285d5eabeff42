/** Which processes, as an experiment file says it: each condition by itself. How they go together is for the compiler. */
import { z } from 'zod';
import { pidMax } from '../../proto/identity.ts';
import { InvalidInput } from '../../proto/invalid-input.ts';
import { selectorDepthMax, selectorsMax } from '../../proto/selector.ts';
import {
  parseCpuAbove,
  parseMemoryAbove,
  selectorFromWritten,
  type WrittenSelector,
} from '../../proto/written-selector.ts';
import { shown } from './file-problem.ts';
import { isRe2, percentage, size } from './quantity-schema.ts';

const pid = z.int().min(1).max(pidMax);
const port = z.int().min(1).max(65_535);
const name = z.string().min(1);
const account = z
  .union([name, z.int().min(0)], { error: ({ input }) => `must be a name or a number, not ${shown(input)}` })
  .transform(String);

/** Itself again, so that editors follow it to any depth; the compiler counts. */
const selector: z.ZodType<WrittenSelector, unknown> = z
  .lazy(() => z.strictObject(selectorKeys()))
  .meta({
    id: 'ProcessSelector',
    description: `Conditions, all of which must hold; at most ${selectorDepthMax} deep and ${selectorsMax} in all`,
  });
const selectors = () => z.array(selector).min(1).max(selectorsMax).optional();

/** The keys of a selector; `targets.processes` has them beside those of its choice. */
export const selectorKeys = () => ({
  name: text('name', { description: 'The command name, exactly' }),
  exe: text('exe', { description: 'The path of the executable, exactly, without symbolic links', pattern: '^/' }),
  cmdline: name
    .superRefine(accepted('cmdline'))
    .refine(isRe2, 'must be a regular expression in RE2 syntax')
    .optional()
    .meta({ description: 'An RE2 expression searched for in the arguments' }),
  pid: pid.optional(),
  pidfile: text('pidfile', { description: 'The path of a file on the host that holds one pid', pattern: '^/' }),
  user: account.superRefine(accepted('user')).optional().meta({ description: 'A user name or a uid' }),
  group: account.superRefine(accepted('group')).optional().meta({ description: 'A group name or a gid' }),
  unit: text('unit', { description: 'A systemd unit by its full name', examples: ['nginx.service'] }),
  cgroup: text('cgroup', { description: 'A control group by its path, exactly', pattern: '^/' }),
  cgroupTree: text('cgroupTree', { description: 'A control group by its path, or any below it', pattern: '^/' }),
  container: text('container', {
    description: 'A container id, or at least its first 12 digits',
    pattern: '^[0-9a-f]{12,64}$',
  }),
  port: port.optional().meta({ description: 'A TCP port it listens on, or a UDP port it has bound' }),
  memoryAbove: size(parseMemoryAbove).optional().meta({ description: 'More resident memory than this' }),
  cpuAbove: percentage(parseCpuAbove)
    .optional()
    .meta({ description: 'More than this share of one processor, over one second' }),
  parent: relative('The pid of the direct parent, or conditions that it meets'),
  descendantsOf: relative('The pid of an ancestor, or conditions that one meets'),
  exclude: selector.optional().meta({ description: 'What it must not match' }),
  allOf: selectors().meta({ description: 'All of these match' }),
  anyOf: selectors().meta({ description: 'At least one of these matches' }),
  not: selector.optional().meta({ description: 'What it must not match; the same as exclude' }),
});

function text(key: keyof WrittenSelector, meta: { description: string; pattern?: string; examples?: string[] }) {
  return name.superRefine(accepted(key)).optional().meta(meta);
}

function relative(description: string) {
  const onlyPid = pid.transform((value): WrittenSelector => ({ pid: value }));
  return z
    .union([onlyPid, selector], {
      error: ({ input }) => `must be a pid or a mapping of conditions, not ${shown(input)}`,
    })
    .optional()
    .meta({ description });
}

/** By the contract's own door, so that no file passes that an agent would refuse. */
function accepted(key: keyof WrittenSelector) {
  return (value: string, context: z.RefinementCtx): void => {
    // Too short is told already, and means "not set" at the door.
    if (value === '') return;
    try {
      selectorFromWritten({ [key]: value }, '');
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      context.addIssue({ code: 'custom', message: `${error.expectation}, not ${shown(value)}` });
    }
  };
}
