// Lanes of writes: which of the requests that wait for the API server goes first.
import type { KubeClient, KubeRequest } from './request.ts';

export type Lane = Pick<KubeRequest, 'priority' | 'share'>;

/** The same client, with all writes in a lane. */
export function inLane(client: KubeClient, lane: Lane): KubeClient {
  return { ...client, request: (request) => client.request({ ...lane, ...request }) };
}
