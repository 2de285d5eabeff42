/** The faults as a page of documentation, made from what `Describe` says of them. `agent/faults/README.md` is its output. */
import type { FaultKind, Need } from '../faults/fault-kind.ts';
import type { Parameter } from '../faults/parameter.ts';

export function faultTable(kinds: readonly FaultKind[]): string {
  return [
    '# Faults',
    '',
    'Made by `npm run generate` from the faults themselves; do not edit. `leash-agent faults` prints it, and with --json the',
    'JSON Schema of the parameters. A fault is bound by the first binding of its list whose every need is met on the host,',
    'and refused by name where none is: `leash-agent check` says which, and `Describe` tells it to callers.',
    '',
    '| fault | aimed at | bound by | what it does |',
    '|---|---|---|---|',
    ...kinds.map(
      ({ kind, aim, bindings, summary }) => `| \`${kind}\` | ${aim} | ${bindings.join(', else ')} | ${cell(summary)} |`,
    ),
    ...kinds.flatMap(section),
    '',
  ].join('\n');
}

function section(kind: FaultKind): readonly string[] {
  const parameters = Object.entries(kind.parameters);
  return [
    '',
    `## ${kind.kind}`,
    '',
    kind.summary,
    '',
    ...(parameters.length === 0
      ? ['It has no parameters.']
      : [
          '| parameter | unit | from | to | default | meaning |',
          '|---|---|---|---|---|---|',
          ...parameters.map(parameterRow),
        ]),
    '',
    `Aimed at ${kind.aim === 'host' ? 'the whole host' : 'processes'}. Bound by: ${kind.bindings.join(', else ')}.`,
    '',
    ...needTable(kind),
  ];
}

function parameterRow([name, parameter]: readonly [string, Parameter<unknown>]): string {
  const { unit, minimum, maximum, defaultValue, isRequired, summary } = parameter;
  const cells = [`\`${name}\``, unit, minimum, maximum, isRequired ? 'required' : defaultValue, summary];
  return `| ${cells.map(cell).join(' | ')} |`;
}

/** What one of its own bindings needs. */
function needTable({ needs, bindings }: FaultKind): readonly string[] {
  const rows = needs.flatMap((need) => {
    const asking = need.bindings.filter((binding) => bindings.includes(binding));
    return asking.length === 0 ? [] : [needRow(need, asking)];
  });
  return ['| needs | for the binding | where it is missing |', '|---|---|---|', ...rows];
}

function needRow({ name, remedy }: Need, asking: readonly string[]): string {
  return `| ${[name, asking.join(', '), remedy].map(cell).join(' | ')} |`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
