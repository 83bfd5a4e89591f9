// Events for humans (`kubectl get events`): never in the way of the work, so they never throw, repeat themselves as a
// series and are dropped when there are too many.
// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/

import { type SealiftError, isSealiftError } from '../errors.ts';
import type { KubeClient } from './request.ts';
import { resourcePath } from './resource-path.ts';

export type EventSubject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion?: string;
};

export type KubeEvent = {
  readonly regarding: EventSubject;
  readonly type: 'Normal' | 'Warning';
  /** PascalCase, why it was done. */
  readonly reason: string;
  /** PascalCase, what was done. */
  readonly action: string;
  /** For humans; cut at 1024 bytes. */
  readonly note: string;
  /** Where the event is kept: the subject's namespace, `default` for a cluster-wide one. */
  readonly namespace: string;
};

export type EventRecorderOptions = {
  /** The controller's name, such as `sealift.dev/puller`. */
  readonly component: string;
  /** This process, such as the pod's name. */
  readonly instance: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onError?: (error: SealiftError) => void;
};

export type EventRecorder = {
  /** Resolves when the event is written, merged into an earlier one, or given up. */
  record(event: KubeEvent): Promise<void>;
};

/** Time in which the same event counts on in its series. */
const seriesMs = 10 * 60_000;

/** Series that are remembered. */
const maxSeries = 1000;

/**
 * Events at once, and the time in which one more is granted: of all, warnings apart, which many good news must not push
 * out, and of one subject, which must not use up all.
 */
const bounds = { burst: 200, refillMs: 250 } as const;
const subjectBounds = { burst: 25, refillMs: 5000 } as const;

/** Subjects whose events are counted. */
const maxSubjects = 2000;

const noteBytes = 1024;
const reasonLength = 128;
const eventKind = { group: 'events.k8s.io', version: 'v1', plural: 'events', namespaced: true } as const;

type Series = { readonly name: string; count: number; lastMs: number };

/** Makes a recorder. */
export function createEventRecorder(client: KubeClient, options: EventRecorderOptions): EventRecorder {
  const series = new Map<string, Series>();
  const all = { Normal: createBucket(bounds, options.now), Warning: createBucket(bounds, options.now) };
  const subjects = new Map<string, Bucket>();

  /** Asked of the subject first: what it may not say takes nobody else a turn. */
  function mayTell({ regarding, type }: KubeEvent): boolean {
    const own = subjects.get(regarding.uid) ?? createBucket(subjectBounds, options.now);
    remember(subjects, regarding.uid, own, maxSubjects);
    return own.take() && all[type].take();
  }

  async function write(event: KubeEvent): Promise<void> {
    const key = JSON.stringify([event.regarding.uid, event.type, event.reason, event.note]);
    const nowMs = options.now();
    const known = series.get(key);
    if (known !== undefined && nowMs - known.lastMs < seriesMs) {
      known.count += 1;
      known.lastMs = nowMs;
      if (mayTell(event)) await countOn(event, known);
      return;
    }
    if (!mayTell(event)) return;
    const name = `${event.regarding.name.slice(0, 200)}.${uniqueId(nowMs, client.random)}`;
    remember(series, key, { name, count: 1, lastMs: nowMs }, maxSeries);
    await create(event, name, nowMs);
  }

  async function create(event: KubeEvent, name: string, nowMs: number): Promise<void> {
    const body = {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name, namespace: event.namespace },
      eventTime: microTime(nowMs),
      reportingController: options.component,
      reportingInstance: options.instance.slice(0, reasonLength),
      type: event.type,
      reason: event.reason.slice(0, reasonLength),
      action: event.action.slice(0, reasonLength),
      note: cutBytes(event.note, noteBytes),
      regarding: event.regarding,
    };
    await client.request({ method: 'POST', path: resourcePath(eventKind, event.namespace), body });
  }

  async function countOn(event: KubeEvent, { name, count, lastMs }: Series): Promise<void> {
    await client.request({
      method: 'PATCH',
      path: resourcePath(eventKind, event.namespace, name),
      contentType: 'application/merge-patch+json',
      body: { series: { count, lastObservedTime: microTime(lastMs) } },
    });
  }

  return {
    async record(event) {
      try {
        await write(event);
      } catch (error) {
        if (!isSealiftError(error)) throw error;
        options.onError?.(error);
      }
    },
  };
}

function remember<T>(all: Map<string, T>, key: string, one: T, max: number): void {
  all.delete(key);
  all.set(key, one);
  if (all.size <= max) return;
  for (const oldest of all.keys()) {
    all.delete(oldest);
    return;
  }
}

type Bucket = { take(): boolean };

function createBucket(
  { burst, refillMs }: { readonly burst: number; readonly refillMs: number },
  now: () => number,
): Bucket {
  let tokens = burst;
  let filledMs = now();
  return {
    take() {
      const nowMs = now();
      tokens = Math.min(burst, tokens + Math.max(0, nowMs - filledMs) / refillMs);
      filledMs = nowMs;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}

/** At most `bytes` bytes of UTF-8, without half a character at the end. */
function cutBytes(text: string, bytes: number): string {
  const all = Buffer.from(text, 'utf8');
  if (all.length <= bytes) return text;
  let end = bytes - 3;
  while (end > 0 && ((all[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return `${all.subarray(0, end).toString('utf8')}…`;
}

/** As unique as names of events need: the time, and 32 random bits. */
function uniqueId(nowMs: number, random: () => number): string {
  const bits = Math.floor(random() * 2 ** 32);
  return `${Math.floor(nowMs).toString(16)}${bits.toString(16).padStart(8, '0')}`;
}

function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
