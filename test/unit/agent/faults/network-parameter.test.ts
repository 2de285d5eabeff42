import { describe, expect, it } from 'vitest';
import { dnsBlock } from '../../../../agent/faults/dns-block.ts';
import { networkCut } from '../../../../agent/faults/network-cut.ts';
import { networkLoss } from '../../../../agent/faults/network-loss.ts';
import { networkRate } from '../../../../agent/faults/network-rate.ts';
import { parseParameters } from '../../../../agent/faults/parameter.ts';
import type { JsonObject } from '../../../../proto/struct.ts';

const cut = (json: JsonObject) => {
  const parsed = parseParameters(networkCut.parameters, json);
  networkCut.check?.(parsed);
  return parsed;
};

describe('the parameters of a network fault', () => {
  it('take one port, a range, or a list of them', () => {
    expect(cut({ localPorts: 80 }).localPorts).toEqual([{ first: 80, last: 80 }]);
    expect(cut({ remotePorts: ['5432', '8000-8010', 1] }).remotePorts).toEqual([
      { first: 5432, last: 5432 },
      { first: 8000, last: 8010 },
      { first: 1, last: 1 },
    ]);
  });

  it('take addresses and networks of both families', () => {
    expect(cut({ addresses: ['10.0.0.0/8', '192.0.2.1', 'FD00::/8', '::1'] }).addresses).toEqual([
      { family: 'ip', cidr: '10.0.0.0/8' },
      { family: 'ip', cidr: '192.0.2.1/32' },
      { family: 'ip6', cidr: 'fd00::/8' },
      { family: 'ip6', cidr: '::1/128' },
    ]);
  });

  it('take a user only for what is sent, and say why', () => {
    expect(cut({ user: 'postgres', direction: 'out' }).user).toBe('postgres');
    expect(cut({ user: 1000, direction: 'out' }).user).toBe('1000');
    expect(() => cut({ user: 'postgres' })).toThrow('must be out with user');
  });

  it('take the path of a cgroup, as systemd writes it', () => {
    const path = 'system.slice/system-x\\x2dy.slice/x@1.service';
    expect(cut({ cgroup: `/${path}` }).cgroup).toBe(path);
  });

  it('spare loopback unless it is said', () => {
    expect(cut({}).loopback).toBe(false);
    expect(cut({ loopback: true }).loopback).toBe(true);
  });

  const hostile = ['1; flush ruleset', '1 }', '"', '\n', '$(id)', '`id`', '{ 1 }', 'include "/etc/shadow"', '@a b', ''];
  it.each(hostile)('refuse %j, wherever it stands', (value) => {
    for (const name of ['localPorts', 'remotePorts', 'addresses', 'cgroup', 'direction', 'protocol', 'verdict']) {
      expect(() => cut({ [name]: value }), name).toThrow(`parameters.${name}`);
      expect(() => cut({ [name]: [value] }), name).toThrow(`parameters.${name}`);
    }
    expect(() => cut({ user: value, direction: 'out' })).toThrow('parameters.user');
    expect(() => cut({ loopback: value })).toThrow('parameters.loopback');
    expect(() => parseParameters(networkLoss.parameters, { loss: value })).toThrow('parameters.loss');
    expect(() => parseParameters(networkRate.parameters, { perSecond: value })).toThrow('parameters.perSecond');
    for (const name of ['names', 'resolvers', 'ports', 'verdict', 'loopback']) {
      expect(() => parseParameters(dnsBlock.parameters, { [name]: value }), name).toThrow(`parameters.${name}`);
    }
  });

  it.each([
    ['localPorts', 0],
    ['localPorts', 65_536],
    ['localPorts', '20-10'],
    ['localPorts', 1.5],
    ['localPorts', []],
    ['localPorts', Array.from({ length: 33 }, () => 1)],
    ['addresses', '10.0.0.0/33'],
    ['addresses', '::/129'],
    ['addresses', '10.0.0/8'],
    ['addresses', 'fe80::1%eth0'],
    ['addresses', 'localhost'],
    ['cgroup', '../x'],
    ['cgroup', 'a//b'],
    ['cgroup', 'a/./b'],
    ['user', 2 ** 32],
  ] as const)('refuse %s %j', (name, value) => {
    expect(() => cut({ [name]: value, direction: 'out' } as never)).toThrow(`parameters.${name}`);
  });
});
