/**
 * A recorded access log in the common or combined format of Apache and nginx: what was asked for, and when. Only what
 * reads is taken over (GET and HEAD), and only a path of the server itself; everything else is counted as left out.
 */
export interface RecordedRequest {
  /** Since the first one. The format has whole seconds: those of one second are spread over it evenly. */
  readonly atMs: number;
  readonly method: 'GET' | 'HEAD';
  /** With its query, as it was asked. */
  readonly path: string;
}

export interface Recording {
  readonly requests: readonly RecordedRequest[];
  /** Up to where it begins again. */
  readonly lengthMs: number;
  /** The most in any one second. */
  readonly peakPerSecond: number;
  readonly leftOut: number;
}

/** "203.0.113.7 - - [10/Oct/2026:13:55:36 +0200] "GET /cart?id=1 HTTP/1.1" 200 512 …" */
const line =
  /^\S+ \S+ .*?\[(\d{2})\/(\w{3})\/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-]\d{2})(\d{2})\] "(\S+) (\S+)(?: [^"]*)?"/;
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const secondMs = 1000;

/** Lines may be out of order by what servers do when they write a line at its end. */
export function readRecording(text: string): Recording {
  const bySecond = new Map<number, Pick<RecordedRequest, 'method' | 'path'>[]>();
  let leftOut = 0;
  for (const each of text.split('\n')) {
    if (each === '') continue;
    const read = readLine(each);
    if (!read) {
      leftOut += 1;
      continue;
    }
    const { atUnixMs, ...request } = read;
    const same = bySecond.get(atUnixMs);
    if (same) same.push(request);
    else bySecond.set(atUnixMs, [request]);
  }
  const seconds = [...bySecond].sort(([one], [other]) => one - other);
  const [firstMs = 0] = seconds[0] ?? [];
  const [lastMs = 0] = seconds.at(-1) ?? [];
  return {
    requests: seconds.flatMap(([atUnixMs, requests]) =>
      requests.map((request, index) => ({
        ...request,
        atMs: atUnixMs - firstMs + (index * secondMs) / requests.length,
      })),
    ),
    lengthMs: seconds.length === 0 ? 0 : lastMs - firstMs + secondMs,
    peakPerSecond: seconds.reduce((most, [, requests]) => Math.max(most, requests.length), 0),
    leftOut,
  };
}

function readLine(
  text: string,
): ({ readonly atUnixMs: number } & Pick<RecordedRequest, 'method' | 'path'>) | undefined {
  const match = line.exec(text.slice(0, 8192));
  if (!match) return undefined;
  const [, day, month = '', year, hour, minute, second, zoneHour = '', zoneMinute, method, path = ''] = match;
  // An absolute address would go elsewhere, and a path with a control character would be another request.
  if ((method !== 'GET' && method !== 'HEAD') || !/^\/[\x21-\x7e]*$/.test(path)) return undefined;
  const monthIndex = months.indexOf(month);
  if (monthIndex < 0) return undefined;
  const local = Date.UTC(Number(year), monthIndex, Number(day), Number(hour), Number(minute), Number(second));
  const offsetMinutes = Number(zoneHour) * 60 + Math.sign(Number(`${zoneHour}1`)) * Number(zoneMinute);
  const atUnixMs = local - offsetMinutes * 60_000;
  return Number.isFinite(atUnixMs) ? { atUnixMs, method, path } : undefined;
}
