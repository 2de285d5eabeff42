import { describe, expect, test } from 'vitest';
import { parseInventory } from '../../../../coordinator/fleet/inventory.ts';

describe("an inventory in the words of Prometheus's file_sd", () => {
  test('names hosts by what stands before the port, or by their label host', () => {
    const text = JSON.stringify([
      { targets: ['web-1:7443', 'web-2:7443'], labels: { app: 'shop' } },
      { targets: ['10.0.0.9:7443'], labels: { host: 'db-1' } },
    ]);
    const at = (host: string) => ({ kind: 'tcp', host, port: 7443 });
    expect(parseInventory('targets.json', text)).toEqual([
      { name: 'web-1', address: at('web-1'), labels: { app: 'shop' } },
      { name: 'web-2', address: at('web-2'), labels: { app: 'shop' } },
      { name: 'db-1', address: at('10.0.0.9'), labels: { host: 'db-1' } },
    ]);
  });

  test.each([
    ['a target without a port', '- targets: [web-1]', /1:13: a target must be HOST:PORT/],
    ['two hosts of one name', '- targets: ["a:1", "a:2"]', /two hosts called a/],
    ['a label that names two', '- { targets: ["a:1", "b:1"], labels: { host: x } }', /names one host, and there are 2/],
    ['a key that is none', '- { targets: [], label: {} }', /"label" is not a known key/],
  ])('with %s is refused, with the place', (_name, text, message) => {
    expect(() => parseInventory('targets.yaml', text)).toThrow(message);
  });
});
