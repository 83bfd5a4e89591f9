// A client of the API server whose answers a test gives; what needs the API server's behaviour is no unit.
import assert from 'node:assert/strict';
import type { KubeClient, KubeRequest } from '../../src/kube/request.ts';

/** Answers each request with the body that a test gives for it; what that throws is the request's failure. */
export function answeringClient(answer: (request: KubeRequest) => unknown): KubeClient {
  return {
    request: async (request) => ({ status: 200, headers: {}, body: await answer(request) }),
    openStream: () => assert.fail('no stream is opened'),
    close: () => undefined,
    closed: new AbortController().signal,
    now: () => 0,
    random: () => 0.5,
  };
}
