/** The reference: every page of it is made from the code that it describes. */
import protobuf from 'protobufjs';
import { exitCodes as agentExitCodes } from '../../agent/app/exit-code.ts';
import { buildProgram } from '../../agent/app/program.ts';
import { exitCodeHelp, exitCodes } from '../../coordinator/cli/exit-code.ts';
import { createProgram } from '../../coordinator/cli/program.ts';
import { experimentJsonSchema } from '../../coordinator/experiment/experiment-schema.ts';
import { gauges, runsEnded } from '../../coordinator/http/metrics.ts';
import { agentMethodRoles, coordinatorMethodRoles } from '../../proto/method-roles.ts';
import { refusalReasons } from '../../proto/refusal.ts';
import { commandSections } from './command-pages.ts';
import { contractSections } from './contract-pages.ts';
import { type Schema, schemaRows } from './schema-rows.ts';
import { row, table } from './table.ts';

const made = 'Made by `npm run generate` from the code; do not edit.';

/** @param protoFiles the texts of proto/leash/v1. @returns each page by its name. */
export async function referencePages(protoFiles: readonly string[]): Promise<readonly (readonly [string, string])[]> {
  return [
    ['command-line.md', await commandLinePage()],
    ['experiment.md', experimentPage()],
    ['api.md', apiPage(protoFiles)],
    ['metrics.md', metricsPage()],
  ];
}

async function commandLinePage(): Promise<string> {
  const nothing = (): never => {
    throw new Error('help runs no command');
  };
  const context = { terminal: undefined as never, environment: {}, exitWith: nothing, renewLogin: nothing };
  const programs = { serve: nothing, demo: nothing, login: nothing, renewLogin: nothing };
  const operators = await createProgram(context, programs);
  const names = Object.entries(exitCodes).map(([name, code]) => {
    const isAgents = Object.values(agentExitCodes).includes(code as never);
    return row(String(code), `\`${name}\``, isAgents ? '`leash`, `leash-agent`' : '`leash`');
  });
  return [
    `# The command line\n\n${made} Each command prints the same by --help.\n`,
    `## Exit codes\n\n\`\`\`text\n${exitCodeHelp.trim()}\n\`\`\`\n\n${table(['code', 'name', 'of'], names)}`,
    commandSections(operators),
    commandSections(buildProgram()),
  ].join('\n');
}

function experimentPage(): string {
  const schema = experimentJsonSchema() as Schema;
  const definitions = Object.entries(schema.$defs ?? {});
  const apart = definitions.map(([name]) => name);
  const keyTable = (one: Schema): string =>
    table(
      ['key', 'type', '', 'meaning'],
      schemaRows({ ...one, $defs: schema.$defs ?? {} }, apart).map(({ key, type, isRequired, meaning }) =>
        row(`\`${key}\``, type, isRequired ? 'required' : '', meaning),
      ),
    );
  return [
    `# Experiment files\n\n${made} \`leash schema\` prints the JSON Schema, which editors understand.`,
    'Durations are written as `1500ms`, `10s`, `5m` or `1h`, shares as `25%`, sizes as `64MiB`.\n',
    keyTable(schema),
    ...definitions.map(([name, one]) => {
      // Of steps there is one for each fault, and one that says what all of them have.
      const isStep = one.anyOf?.some(isStepOfFault) === true;
      const more = isStep
        ? `Beside these stand the parameters of its fault, which \`leash-agent faults\` prints.\n\n`
        : '';
      return `## ${name}\n\n${more}${keyTable(isStep ? (one.anyOf?.at(-1) ?? one) : one)}`;
    }),
  ].join('\n');
}

/** For the steps, one alternative names each fault. */
function isStepOfFault({ properties }: Schema): boolean {
  return properties?.fault?.const !== undefined;
}

function metricsPage(): string {
  const rows = [...gauges.map((one) => ['gauge', one] as const), ['counter', runsEnded] as const].map(
    ([type, { name, label = '', help }]) => row(`\`${name}\``, type, label && `\`${label}\``, help),
  );
  return [
    `# Metrics\n\n${made} \`GET /v1/metrics\` of \`leash serve --http\`, with a token that may \`metrics\`.\n`,
    table(['metric', 'type', 'label', 'meaning'], rows),
  ].join('\n');
}

function apiPage(protoFiles: readonly string[]): string {
  const root = new protobuf.Root();
  for (const text of protoFiles) protobuf.parse(text, root, { keepCase: true, alternateCommentMode: true });
  const tables: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
    Agent: agentMethodRoles,
    Coordinator: coordinatorMethodRoles,
  };
  const namespace = root.lookup('leash.v1') as protobuf.Namespace;
  const roles = { of: (service: string, method: string) => tables[service]?.[method] ?? [] };
  return [
    `# The API\n\n${made} It is \`leash.v1\` over gRPC, with health and reflection; the files are in proto/leash/v1.\n`,
    '## Refusals\n',
    'A call that an agent refuses ends with FAILED_PRECONDITION or PERMISSION_DENIED and a `google.rpc.ErrorInfo` of the',
    'domain `leash`, whose reason is one of:\n',
    `${refusalReasons.map((reason) => `\`${reason}\``).join(', ')}\n`,
    contractSections(namespace, roles),
  ].join('\n');
}
