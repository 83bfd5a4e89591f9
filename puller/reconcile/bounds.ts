// A Delivery's times in milliseconds, within bounds: a tenant's text must neither make the puller spin nor stand still,
// and timers of over 24 days fire at once.
import { parseDurationMs } from '../../src/api/common.ts';
import type { DeliverySpec } from '../../src/api/delivery.ts';
import { pullerLimits } from '../../src/limits.ts';

export type Bounds = {
  readonly sourceIntervalMs: number;
  readonly sourceTimeoutMs: number;
  readonly intervalMs: number;
  readonly retryIntervalMs: number;
  readonly timeoutMs: number;
};

export function boundsOf({ source, interval, retryInterval, timeout }: DeliverySpec): Bounds {
  const { durations } = pullerLimits;
  return {
    sourceIntervalMs: clamp(source.interval, durations.sourceInterval),
    sourceTimeoutMs: clamp(source.timeout, durations.sourceTimeout),
    intervalMs: clamp(interval, durations.interval),
    retryIntervalMs: clamp(retryInterval, durations.retryInterval),
    timeoutMs: clamp(timeout, durations.timeout),
  };
}

function clamp(text: string, { minMs, maxMs }: { readonly minMs: number; readonly maxMs: number }): number {
  return Math.min(Math.max(parseDurationMs(text), minMs), maxMs);
}
