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
  return {
    ...client,
    request: async (request) => {
      if (request.method === 'GET') return client.request(request);
      if (!mayWrite())
        throw new KubeError('KUBE_UNAVAILABLE', 'this puller leads no longer', { retryable: true });
      const given = request.signal;
      return client.request({
        ...request,
        signal: given === undefined ? signal : AbortSignal.any([given, signal]),
      });
    },
  };
}
