/** The faults as a page of documentation, made from what `Describe` says of them. `agent/faults/README.md` is its output. */
import type { FaultKind, Need } from '../faults/fault-kind.ts';
import type { Parameter } from '../faults/parameter.ts';

export function faultTable(kinds: readonly FaultKind[]): string {
  return [
    '# Faults',
    '',
    'Made by `leash-agent faults` from the faults themselves; do not edit. A fault is bound by the first binding of its',
    'list whose every need is met on the host, and refused by name where none is. `leash-agent check` says which.',
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
      : ['| parameter | unit | from | to | default | |', '|---|---|---|---|---|---|', ...parameters.map(parameterRow)]),
    '',
    `Needs: ${kind.needs.map(needText).join('; ') || 'nothing special'}.`,
  ];
}

function parameterRow([name, parameter]: readonly [string, Parameter<unknown>]): string {
  const { unit, minimum, maximum, defaultValue, isRequired, summary } = parameter;
  const cells = [`\`${name}\``, unit, minimum, maximum, isRequired ? 'required' : defaultValue, summary];
  return `| ${cells.map(cell).join(' | ')} |`;
}

function needText({ name, bindings }: Need): string {
  return `${name} (${bindings.join(', ')})`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
