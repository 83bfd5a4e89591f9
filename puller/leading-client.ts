// The client of a puller that leads: it writes nothing once the lease is gone or the process was told to end, since
// another puller may write by then. What is under way is given up as well.
import { KubeError } from '../src/errors.ts';
import type { KubeClient } from '../src/kube/request.ts';

/** @param mayWrite whether this process still leads */
export function createLeadingClient(
  client: KubeClient,
  mayWrite: () => boolean,
  signal: AbortSignal,
): KubeClient {
  const fence = (): KubeError | undefined =>
    mayWrite()
      ? undefined
      : new KubeError('KUBE_UNAVAILABLE', 'this puller leads no longer', { retryable: true });
  return {
    ...client,
    request: async (request) => {
      if (request.method === 'GET') return client.request(request);
      const refusal = fence();
      if (refusal !== undefined) throw refusal;
      const given = request.signal;
      return client.request({
        ...request,
        // Asked again when its turn has come: a frozen process wakes up with a queue of writes that nothing aborted.
        fence,
        signal: given === undefined ? signal : AbortSignal.any([given, signal]),
      });
    },
  };
}
