import { describe, expect, it } from 'vitest';
import { parseInventory } from '../../../../coordinator/fleet/inventory.ts';

const parse = (text: string) => parseInventory('inventory.yaml', text);

describe('an inventory', () => {
  it('names hosts, where they answer, and what they are', () => {
    const text = `hosts:
  - { name: host-a, address: "127.0.0.1:7443", labels: { app: shop, zone: x } }
  - { name: host-b, address: "unix:/run/leash/agent.sock" }
  - { name: host-c, address: "[::1]:7443" }
`;
    expect(parse(text)).toEqual([
      { name: 'host-a', address: { kind: 'tcp', host: '127.0.0.1', port: 7443 }, labels: { app: 'shop', zone: 'x' } },
      { name: 'host-b', address: { kind: 'unix', path: '/run/leash/agent.sock' }, labels: {} },
      { name: 'host-c', address: { kind: 'tcp', host: '::1', port: 7443 }, labels: {} },
    ]);
  });

  it.each([
    ['hosts: 3', '1:8: hosts must be a list'],
    ['host: []', '1:1: "host" is not a known key'],
    ['hosts:\n  - { name: a, adress: "h:1" }', '2:16: "adress" is not a known key'],
    ['hosts:\n  - { name: a }', '2:5: address must be text'],
    ['hosts:\n  - { name: a, address: "h" }', '2:25: address must be HOST:PORT'],
    ['hosts:\n  - { name: a, address: "h:70000" }', '2:25: address must be HOST:PORT'],
    ['hosts:\n  - { name: a, address: "unix:relative" }', '2:25: address must be'],
    ['hosts:\n  - { name: "a b", address: "h:1" }', '2:13: name must be'],
    ['hosts:\n  - { name: a, address: "h:1", labels: { zone: 3 } }', '2:48: label zone must be text'],
    ['hosts:\n  - { name: a, address: "h:1" }\n  - { name: a, address: "h:2" }', '3:5: there are two hosts called a'],
    ['hosts:\n  - { name: a, name: b, address: "h:1" }', 'Map keys must be unique'],
    ['hosts: [', 'inventory.yaml:1:'],
  ])('that says %j is refused with its place', (text, problem) => {
    expect(() => parse(text)).toThrow(problem);
  });

  it('says everything that is wrong at once', () => {
    expect(() => parse('hosts:\n  - { name: a }\n  - { address: "h:1" }')).toThrow(/2:5: .*\n.*3:5: /);
  });
});
