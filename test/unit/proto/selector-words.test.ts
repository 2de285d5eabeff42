import { describe, expect, test } from 'vitest';
import { leash } from '../../../proto/codec.ts';
import { selectorFromWire, selectorToWire } from '../../../proto/selector.ts';
import { selectorFromWords } from '../../../proto/selector-words.ts';

describe('a condition in words is the same one on the wire', () => {
  test.each([
    ['name=nginx', { name: 'nginx' }],
    ['exe=/usr/sbin/nginx', { exe: '/usr/sbin/nginx' }],
    ['cmdline=--port=\\d+ a.b', { cmdline: '--port=\\d+ a.b' }],
    ['pid=4242', { pid: 4242 }],
    ['pidfile=/run/nginx.pid', { pidfile: '/run/nginx.pid' }],
    ['user=0', { user: '0' }],
    ['group=www-data', { group: 'www-data' }],
    ['unit=nginx.service', { unit: 'nginx.service' }],
    ['cgroup=/', { cgroup: '/' }],
    ['cgroupTree=/system.slice', { cgroupTree: '/system.slice' }],
    ['container=0123456789ab', { container: '0123456789ab' }],
    ['port=443', { port: 443 }],
    ['memoryAbove=1.5GiB', { memoryAboveBytes: 1.5 * 2 ** 30 }],
    ['cpuAbove=250%', { cpuAbovePercent: 250 }],
    ['parent=1', { parent: { pid: 1 } }],
    ['parent=1 parent.name=init', { parent: { pid: 1, name: 'init' } }],
    ['parent.parent=1', { parent: { parent: { pid: 1 } } }],
    ['descendantsOf.unit=cron.service', { descendantsOf: { unit: 'cron.service' } }],
    ['name=a exclude.user=root not.port=80', { name: 'a', exclude: { user: 'root' }, not: { port: 80 } }],
    ['anyOf.1.name=a anyOf.2.name=b anyOf.1.user=c', { anyOf: [{ name: 'a', user: 'c' }, { name: 'b' }] }],
    ['allOf.1.anyOf.1.parent=1', { allOf: [{ anyOf: [{ parent: { pid: 1 } }] }] }],
  ])('%s', (words, selector) => {
    const parsed = selectorFromWords(words.startsWith('cmdline') ? [words] : words.split(' '));
    expect(parsed).toEqual(selector);
    const bytes = leash.v1.Selector.encode(selectorToWire(parsed)).finish();
    expect(selectorFromWire(leash.v1.Selector.decode(bytes), 'selector')).toEqual(selector);
  });
});

describe('a wrong condition says why', () => {
  test.each([
    [[], 'selector: must set at least one condition'],
    [['nginx'], 'condition: must be key=value with a key of name, exe, '],
    [['name='], 'condition: must be key=value'],
    [['nam=x'], 'did you mean "name"?), not "nam=x"'],
    [['memoryAbov=1GB'], 'did you mean "memoryAbove"?'],
    [['parant.name=x'], 'did you mean "parent"?'],
    [['constructor=x'], 'must have a known key'],
    [['__proto__.name=x'], 'must have a known key'],
    [['name.name=x'], 'must give no conditions to name'],
    [['exclude=x'], 'must give a condition to exclude, such as exclude.name=nginx'],
    [['anyOf.name=x'], 'must give a condition to anyOf, such as anyOf.1.name=nginx'],
    [['anyOf.0.name=x'], 'such as anyOf.1.name=nginx'],
    [['anyOf=x'], 'such as anyOf.1.name=nginx'],
    [['anyOf.2.name=x'], 'must come after anyOf.1'],
    [['name=a', 'name=b'], 'must give name once, not "name=b"'],
    [['parent=1', 'parent.pid=2'], 'must give parent.pid once'],
    [['name=a', 'pid=0'], 'pid: must be a whole number from 1 to 4194304, not 0'],
    [['name=a', 'port=0'], 'port: must be a whole number from 1 to 65535, not 0'],
    [['pid=0x10'], 'pid: must be a whole number'],
    [['parent=init'], 'parent: must be a whole number'],
    [['memoryAbove=512'], 'memoryAbove: must be a size such as 512MiB or 2GB'],
    [['memoryAbove=0B'], 'memoryAbove: must be from 1B'],
    [['cpuAbove=50'], 'cpuAbove: must be a percentage such as 30%'],
    [['exe=nginx'], 'selector.exe: must be an absolute path'],
    [['not.name=a'], 'selector: must say what a process is, not only what it is not'],
    [[`${'not.'.repeat(4)}name=a`], 'must be nested at most 4 deep'],
    [[`${'parent.'.repeat(10_000)}name=a`], 'must be nested at most 4 deep'],
  ])('%j', (words, message) => {
    expect(() => selectorFromWords(words)).toThrow(message);
  });
});
