/** The inventory: which hosts there are, and where their agents answer; a list of our own, or Prometheus's file_sd. */
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLSeq } from 'yaml';
import { nestingMax, offsetOfDeepNesting } from '../../shared/yaml-nesting.ts';

export interface InventoryHost {
  /** The agent's certificate must carry it. */
  readonly name: string;
  readonly address: HostAddress;
  readonly labels: Readonly<Record<string, string>>;
}

export type HostAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** Everything that is wrong with the file, one "file:line:column: message" a line. */
export class InventoryProblems extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'InventoryProblems';
  }
}

const sizeMax = 1_048_576;
const hostsMax = 10_000;
const nameExpression = /^[A-Za-z0-9._-]{1,64}$/;
const labelExpression = /^[A-Za-z0-9._/-]{1,64}$/;

/** @throws InventoryProblems */
export function parseInventory(file: string, text: string): readonly InventoryHost[] {
  const problems: string[] = [];
  const lines = new LineCounter();
  const say = (offset: number, message: string): void => {
    const { line, col } = lines.linePos(offset);
    problems.push(`${file}:${line}:${col}: ${message}`);
  };
  if (text.length > sizeMax) throw new InventoryProblems([`${file}:1:1: is longer than ${sizeMax} characters`]);
  const deepAt = offsetOfDeepNesting(text);
  if (deepAt !== undefined) {
    throw new InventoryProblems([`${file}: nested more than ${nestingMax} deep, at offset ${deepAt}`]);
  }
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, schema: 'core', merge: false });
  for (const error of [...document.errors, ...document.warnings]) say(error.pos[0], firstLine(error.message));
  if (problems.length > 0) throw new InventoryProblems(problems);
  const hosts = readHosts(document.contents, say);
  if (problems.length > 0) throw new InventoryProblems(problems);
  return hosts;
}

/** As it is written: "unix:/path" or "host:port". */
export function addressText(address: HostAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

type Say = (offset: number, message: string) => void;

function readHosts(root: unknown, say: Say): readonly InventoryHost[] {
  if (isSeq(root)) return readTargetGroups(root, say);
  const fields = readMap(root, ['hosts'], say);
  const list = fields.get('hosts');
  if (!isSeq(list)) {
    say(startOf(list ?? root), 'hosts must be a list of { name, address, labels }');
    return [];
  }
  if (list.items.length > hostsMax) say(startOf(list), `${list.items.length} hosts, at most ${hostsMax} allowed`);
  const names = new Set<string>();
  return list.items.slice(0, hostsMax).flatMap((item) => {
    const host = readHost(item, say);
    if (!host) return [];
    if (names.has(host.name)) say(startOf(item), `there are two hosts called ${host.name}`);
    names.add(host.name);
    return [host];
  });
}

/**
 * What Prometheus finds its targets by (file_sd_config): a list of { targets, labels }. A host is called what its label
 * `host` says, or what stands before the port.
 */
function readTargetGroups(groups: YAMLSeq, say: Say): readonly InventoryHost[] {
  const hosts = groups.items.flatMap((group) => {
    const fields = readMap(group, ['targets', 'labels'], say);
    const labels = readLabels(fields.get('labels'), say);
    const targets = fields.get('targets');
    if (!isSeq(targets)) {
      say(startOf(targets ?? group), 'targets must be a list of HOST:PORT');
      return [];
    }
    if (labels.host !== undefined && targets.items.length > 1) {
      say(startOf(group), `the label host names one host, and there are ${targets.items.length} targets`);
    }
    return targets.items.flatMap((target): InventoryHost[] => {
      const address = isScalar(target) && typeof target.value === 'string' ? readAddress(target.value) : undefined;
      if (address?.kind === 'tcp') return [{ name: labels.host ?? address.host, address, labels }];
      say(startOf(target), 'a target must be HOST:PORT, of an agent');
      return [];
    });
  });
  const names = hosts.map(({ name }) => name);
  for (const name of new Set(names.filter((one, index) => names.indexOf(one) !== index))) {
    say(startOf(groups), `there are two hosts called ${name}; a label host tells them apart`);
  }
  if (hosts.length > hostsMax) say(startOf(groups), `${hosts.length} hosts, at most ${hostsMax} allowed`);
  return hosts;
}

function readHost(item: unknown, say: Say): InventoryHost | undefined {
  const fields = readMap(item, ['name', 'address', 'labels'], say);
  const name = readText(fields.get('name'), item, 'name', say);
  const address = readText(fields.get('address'), item, 'address', say);
  if (name === undefined || address === undefined) return undefined;
  if (!nameExpression.test(name)) say(startOf(fields.get('name')), 'name must be 1 to 64 of A-Z a-z 0-9 . _ -');
  const parsed = readAddress(address);
  if (!parsed) say(startOf(fields.get('address')), 'address must be HOST:PORT or unix:/absolute/path');
  const labels = readLabels(fields.get('labels'), say);
  return parsed && { name, address: parsed, labels };
}

/** "HOST:PORT" or "unix:/path" */
export function readAddress(text: string): HostAddress | undefined {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    return path.startsWith('/') && !path.includes('\0') ? { kind: 'unix', path } : undefined;
  }
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port < 1 || port > 65_535) return undefined;
  return { kind: 'tcp', host: (match[1] ?? match[2]) as string, port };
}

function readLabels(node: unknown, say: Say): Readonly<Record<string, string>> {
  if (node === undefined) return {};
  if (!isMap(node)) {
    say(startOf(node), 'labels must be a map of texts');
    return {};
  }
  const labels = node.items.flatMap((pair): [string, string][] => {
    const key = isScalar(pair.key) ? pair.key.value : undefined;
    const value = isScalar(pair.value) ? pair.value.value : undefined;
    if (typeof key !== 'string' || !labelExpression.test(key)) {
      say(startOf(pair.key), 'a label must be 1 to 64 of A-Z a-z 0-9 . _ / -');
      return [];
    }
    if (typeof value !== 'string' || value === '' || value.length > 256) {
      say(startOf(pair.value ?? pair.key), `label ${key} must be text of 1 to 256 characters (quote numbers and true)`);
      return [];
    }
    return [[key, value]];
  });
  return Object.fromEntries(labels);
}

function readMap(node: unknown, allowed: readonly string[], say: Say): ReadonlyMap<string, unknown> {
  const fields = new Map<string, unknown>();
  if (!isMap(node)) {
    say(startOf(node), `must be a map with ${allowed.join(', ')}`);
    return fields;
  }
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? String(key.value) : '';
    if (allowed.includes(name)) fields.set(name, value ?? undefined);
    else say(startOf(key), `"${name}" is not a known key (${allowed.join(', ')})`);
  }
  return fields;
}

function readText(node: unknown, parent: unknown, name: string, say: Say): string | undefined {
  const value = isScalar(node) ? node.value : undefined;
  if (typeof value === 'string' && value !== '') return value;
  say(startOf(node ?? parent), `${name} must be text`);
  return undefined;
}

function startOf(node: unknown): number {
  return (node as Node | null | undefined)?.range?.[0] ?? 0;
}

function firstLine(message: string): string {
  return (message.split('\n', 1)[0] ?? message).replace(/ at line \d+, column \d+:?$/, '');
}
