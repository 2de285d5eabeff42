import { describe, expect, it } from 'vitest';
import { readRecording } from '../../../../coordinator/load/access-log.ts';
import { replayedRequests, steadyRequests } from '../../../../coordinator/load/due-requests.ts';
import { createLatencies } from '../../../../coordinator/load/latencies.ts';

const line = (time: string, request: string): string =>
  `203.0.113.7 - alice [10/Oct/2026:${time}] "${request}" 200 512 "https://shop.example/a" "Mozilla/5.0 (X11)"`;

describe('a recorded access log', () => {
  it('keeps the timing and the paths, those of one second spread over it', () => {
    const { requests, lengthMs, peakPerSecond } = readRecording(
      [
        line('13:55:36 +0200', 'GET /cart?id=1 HTTP/1.1'),
        line('13:55:36 +0200', 'HEAD / HTTP/1.1'),
        line('13:55:39 +0200', 'GET /b HTTP/2.0'),
      ].join('\n'),
    );
    expect(requests).toEqual([
      { atMs: 0, method: 'GET', path: '/cart?id=1' },
      { atMs: 500, method: 'HEAD', path: '/' },
      { atMs: 3000, method: 'GET', path: '/b' },
    ]);
    expect([lengthMs, peakPerSecond]).toEqual([4000, 2]);
  });

  it('knows the time zones, and the order of lines that were written late', () => {
    const { requests } = readRecording(
      [line('14:00:01 +0200', 'GET /second HTTP/1.1'), line('06:30:00 -0530', 'GET /first HTTP/1.1')].join('\n'),
    );
    expect(requests.map(({ atMs, path }) => [path, atMs])).toEqual([
      ['/first', 0],
      ['/second', 1000],
    ]);
  });

  it.each([
    ['a write', line('13:55:36 +0000', 'POST /buy HTTP/1.1')],
    ['an address elsewhere', line('13:55:36 +0000', 'GET http://169.254.169.254/latest HTTP/1.1')],
    ['a path with a control character', line('13:55:36 +0000', 'GET /a\u0001b HTTP/1.1')],
    ['a month of another language', line('13:55:36 +0000', 'GET / HTTP/1.1').replace('Oct', 'Okt')],
    ['no log line', 'hello'],
  ])('leaves out %s, and counts it', (_what, text) => {
    expect(readRecording(`${text}\n`)).toMatchObject({ requests: [], leftOut: 1, lengthMs: 0, peakPerSecond: 0 });
  });
});

describe('what is due', () => {
  const first = (requests: Iterable<{ atMs: number; path: string }>, count: number) => {
    const found: (readonly [number, string])[] = [];
    for (const { atMs, path } of requests) {
      if (found.push([atMs, path]) === count) break;
    }
    return found;
  };

  it('comes evenly at a rate', () => {
    expect(first(steadyRequests('/a', 4), 3)).toEqual([
      [0, '/a'],
      [250, '/a'],
      [500, '/a'],
    ]);
  });

  it('begins again with the log, and faster where that is asked for', () => {
    const recording = readRecording(
      [line('13:55:36 +0000', 'GET /a HTTP/1.1'), line('13:55:37 +0000', 'GET /b HTTP/1.1')].join('\n'),
    );
    expect(first(replayedRequests(recording, 2), 4)).toEqual([
      [0, '/a'],
      [500, '/b'],
      [1000, '/a'],
      [1500, '/b'],
    ]);
    expect(first(replayedRequests(readRecording(''), 1), 1)).toEqual([]);
  });
});

describe('latencies', () => {
  it('are told within two percent', () => {
    const latencies = createLatencies();
    for (let ms = 1; ms <= 1000; ms += 1) latencies.add(ms);
    const { p50Ms = 0, p95Ms = 0, p99Ms = 0, maxMs } = latencies.summary() ?? {};
    expect(p50Ms / 500).toBeCloseTo(1, 1);
    expect(Math.abs(p95Ms / 950 - 1)).toBeLessThan(0.021);
    expect(Math.abs(p99Ms / 990 - 1)).toBeLessThan(0.021);
    expect(maxMs).toBe(1000);
  });

  it('are none where nothing was answered', () => {
    expect(createLatencies().summary()).toBeUndefined();
  });
});
