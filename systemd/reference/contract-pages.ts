/** The contract as it stands in proto/leash/v1: calls with who may make them, messages, events, and every word of an enum. */
import protobuf from 'protobufjs';
import { row, table } from './table.ts';

const { Enum, Service, Type } = protobuf;

export interface Roles {
  /** By service, then by method as the codec spells it: `listHosts`. */
  of(service: string, method: string): readonly string[];
}

/** @param namespace leash.v1, parsed with its comments. */
export function contractSections(namespace: protobuf.Namespace, roles: Roles): string {
  const all = namespace.nestedArray.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  return [
    ...all.filter((one) => one instanceof Service).map((service) => serviceSection(service as protobuf.Service, roles)),
    '## Events\n\n`Watch` and `Session` of an agent tell `Event`, `WatchRuns` of the coordinator `RunEvent`.\n',
    ...all.filter((one) => one instanceof Type && isEvent(one.name)).map((one) => messageSection(one as protobuf.Type)),
    '## Words\n',
    ...all.filter((one) => one instanceof Enum).map((one) => enumSection(one as protobuf.Enum)),
    '## Messages\n',
    ...all
      .filter((one) => one instanceof Type && !isEvent(one.name))
      .map((one) => messageSection(one as protobuf.Type)),
  ].join('\n');
}

function isEvent(name: string): boolean {
  return /Event$/.test(name);
}

function serviceSection(service: protobuf.Service, roles: Roles): string {
  const rows = service.methodsArray.map((method) => {
    const isStream = method.responseStream ? 'stream of ' : '';
    const mayCall = roles.of(service.name, lowerFirst(method.name));
    const asks = `${method.requestStream ? 'stream of ' : ''}${method.requestType}`;
    return row(
      `\`${method.name}\``,
      asks,
      `${isStream}${method.responseType}`,
      mayCall.join(', '),
      method.comment ?? '',
    );
  });
  return `## ${service.fullName.slice(1)}\n\n${lines(service.comment)}${table(['call', 'asks', 'answers', 'roles that may', ''], rows)}`;
}

function messageSection(type: protobuf.Type): string {
  const rows = type.fieldsArray.map((field) => row(`\`${field.name}\``, typeOf(field), field.comment ?? ''));
  const body = rows.length === 0 ? 'It has no fields.\n' : table(['field', 'type', ''], rows);
  const nested = type.nestedArray.flatMap((one) =>
    one instanceof Type ? [`\n${messageSection(one)}`] : one instanceof Enum ? [`\n${enumSection(one)}`] : [],
  );
  return `### ${nameOf(type)}\n\n${lines(type.comment)}${body}${nested.join('')}`;
}

function enumSection(one: protobuf.Enum): string {
  const rows = Object.entries(one.values).map(([name, value]) =>
    row(String(value), `\`${name}\``, one.comments[name] ?? ''),
  );
  return `### ${nameOf(one)}\n\n${lines(one.comment)}${table(['', 'name', ''], rows)}`;
}

function typeOf(field: protobuf.Field): string {
  const repeated = field.repeated ? 'list of ' : field.map ? 'map to ' : '';
  const oneOf = field.partOf && !field.options?.proto3_optional ? ` (one of ${field.partOf.name})` : '';
  return `${repeated}${field.type}${oneOf}`;
}

/** "leash.v1.Event" without what all have in common. */
function nameOf({ fullName }: { readonly fullName: string }): string {
  return fullName.replace(/^\.leash\.v1\./, '');
}

function lines(comment: string | null): string {
  return comment ? `${comment}\n\n` : '';
}

function lowerFirst(name: string): string {
  return `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`;
}
