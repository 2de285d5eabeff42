/** Time that passes only from one event to the next. Nothing in a simulated world happens but by an event of it. */

export interface Timeline {
  /** Milliseconds, counted on while hosts are suspended: the clock of the observer. */
  nowMs(): number;
  /** @returns a function that cancels it. Events of the same instant come in the order in which they were planned. */
  at(atMs: number, call: () => void): () => void;
  /** Lets everything happen up to that instant. */
  runUntil(untilMs: number): void;
  /** How many events there were. */
  count(): number;
}

interface Event {
  readonly atMs: number;
  readonly order: number;
  call: (() => void) | undefined;
}

export function createTimeline(startMs: number, settle: () => void): Timeline {
  const heap: Event[] = [];
  let nowMs = startMs;
  let order = 0;
  let count = 0;

  return {
    nowMs: () => nowMs,
    count: () => count,
    at(atMs, call) {
      const event: Event = { atMs: Math.max(atMs, nowMs), order: order++, call };
      push(heap, event);
      return () => {
        event.call = undefined;
      };
    },
    runUntil(untilMs) {
      settle();
      for (let next = heap[0]; next && next.atMs <= untilMs; next = heap[0]) {
        pop(heap);
        const { call } = next;
        if (!call) continue;
        nowMs = next.atMs;
        count += 1;
        call();
        // Whatever was awaited and is there goes on now, at this very instant.
        settle();
      }
      nowMs = untilMs;
    },
  };
}

function isBefore(one: Event, other: Event): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}

function push(heap: Event[], event: Event): void {
  let index = heap.length;
  heap.push(event);
  while (index > 0) {
    const above = (index - 1) >> 1;
    const parent = heap[above] as Event;
    if (!isBefore(event, parent)) break;
    heap[index] = parent;
    index = above;
  }
  heap[index] = event;
}

function pop(heap: Event[]): void {
  const last = heap.pop() as Event;
  if (heap.length === 0) return;
  let index = 0;
  for (;;) {
    let below = 2 * index + 1;
    if (below >= heap.length) break;
    if (below + 1 < heap.length && isBefore(heap[below + 1] as Event, heap[below] as Event)) below += 1;
    const child = heap[below] as Event;
    if (!isBefore(child, last)) break;
    heap[index] = child;
    index = below;
  }
  heap[index] = last;
}
