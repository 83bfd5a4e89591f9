// An admission webhook as Kyverno is one: it changes every object that it is asked about, on each write, also fields
// that were sent.
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import * as z from 'zod';
import { createTestAuthority } from './test-authority.ts';

export type MutatingWebhook = {
  readonly url: string;
  /** Base64 of the PEM that the API server checks it by. */
  readonly caBundle: string;
  /** Objects that were changed. */
  readonly count: () => number;
  stop(): Promise<void>;
};

const reviewSchema = z.looseObject({ request: z.looseObject({ uid: z.string() }) });

/** @param patch JSON patch that each object gets */
export async function startMutatingWebhook(patch: readonly object[]): Promise<MutatingWebhook> {
  const authority = createTestAuthority('webhook CA');
  const { certificate, key } = authority.issue(['localhost']);
  let count = 0;
  const server = createServer({ cert: certificate, key }, (request, response) => {
    void (async () => {
      const { uid } = reviewSchema.parse(JSON.parse(await text(request))).request;
      count += 1;
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          apiVersion: 'admission.k8s.io/v1',
          kind: 'AdmissionReview',
          response: {
            uid,
            allowed: true,
            patchType: 'JSONPatch',
            patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
          },
        }),
      );
    })().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // a TCP server's address
  return {
    url: `https://localhost:${port}/`,
    caBundle: Buffer.from(authority.pem).toString('base64'),
    count: () => count,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
