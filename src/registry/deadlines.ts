// How long an exchange may take: one time for each silence, and for bodies a least pace, so that neither a dead line nor a
// dripping one holds a caller for ever. Time in which the other side waits for us does not count.
import { httpLimits } from '../limits.ts';

export type Deadlines = {
  /** From a connection's start until a request without a large body is sent. */
  readonly connectMs: number;
  /** From the request's end until the answer's head. */
  readonly responseMs: number;
  /** In which a body has to move by `idleBytes`. */
  readonly idleMs: number;
  readonly idleBytes: number;
  /** For the whole body of an answer that is no content of any size. */
  readonly documentMs: number;
};

export const usualDeadlines: Deadlines = {
  connectMs: httpLimits.connectTimeoutMs,
  responseMs: httpLimits.responseTimeoutMs,
  idleMs: httpLimits.idleTimeoutMs,
  idleBytes: httpLimits.idleBytes,
  documentMs: httpLimits.documentTimeoutMs,
};

/** Deadlines and the clock that they are measured with. */
export type Timing = {
  readonly deadlines: Deadlines;
  /** Monotonic milliseconds. */
  readonly now: () => number;
};

/** One deadline after the other. */
export type Deadline = {
  /** Starts it anew. */
  start(ms: number): void;
  stop(): void;
};

export function createDeadline(expire: (ms: number) => void): Deadline {
  let timer: NodeJS.Timeout | undefined;
  return {
    start: (ms) => {
      clearTimeout(timer);
      // The connection keeps the process alive as long as it is needed.
      timer = setTimeout(() => expire(ms), ms).unref();
    },
    stop: () => clearTimeout(timer),
  };
}

/** The pace of a body. */
export type Pace = {
  /** From now on the other side is waited for. */
  wait(): void;
  /** Ends the wait. */
  moved(byteCount: number): void;
  stop(): void;
};

/** Calls back once waiting has taken longer than the deadline without enough bytes having moved. */
export function watchPace({ deadlines, now }: Timing, expire: (ms: number) => void): Pace {
  const { idleMs, idleBytes } = deadlines;
  const deadline = createDeadline(() => expire(idleMs));
  let waitedMs = 0;
  let bytes = 0;
  let sinceMs = 0;
  return {
    wait: () => {
      sinceMs = now();
      deadline.start(Math.max(0, idleMs - waitedMs));
    },
    moved: (byteCount) => {
      deadline.stop();
      waitedMs += now() - sinceMs;
      bytes += byteCount;
      if (bytes < idleBytes) return;
      waitedMs = 0;
      bytes = 0;
    },
    stop: deadline.stop,
  };
}
