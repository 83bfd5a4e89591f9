import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';
import { withTempDir } from '../helpers/temp.ts';
import { makeCertificate } from '../helpers/tls-files.ts';

export const behaviour = behaviourOf(
  'a denial by an admission webhook names object, webhook and reason; once it allows the object, it is applied',
  async (open) => {
    const bed = await open();
    await withTempDir(async (folder) => {
      const files = await makeCertificate(folder, '127.0.0.1');
      const [cert, key, ca] = await Promise.all(
        [files.cert, files.key, files.ca].map((file) => readFile(file)),
      );
      assert.ok(ca);
      let isAllowed = false;
      const server = createServer({ cert, key }, (request, response) => {
        void readJson(request).then((review) => {
          const { uid } = (review as { request: { uid: string } }).request; // the API server's question
          const verdict = { uid, allowed: isAllowed, status: { message: 'not on a Friday', code: 403 } };
          response.setHeader('content-type', 'application/json');
          response.end(
            JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: verdict }),
          );
        });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo; // it listens on a port
      try {
        await bed.apply({
          apiVersion: 'admissionregistration.k8s.io/v1',
          kind: 'ValidatingWebhookConfiguration',
          metadata: { name: bed.name },
          webhooks: [
            {
              name: 'friday.example.org',
              clientConfig: {
                url: `https://127.0.0.1:${port}/`,
                caBundle: ca.toString('base64'),
              },
              rules: [
                {
                  apiGroups: [''],
                  apiVersions: ['v1'],
                  operations: ['CREATE', 'UPDATE'],
                  resources: ['configmaps'],
                },
              ],
              namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': bed.name } },
              objectSelector: { matchLabels: { checked: 'yes' } },
              sideEffects: 'None',
              failurePolicy: 'Fail',
              admissionReviewVersions: ['v1'],
            },
          ],
        });
        const checked = bed.configMap('checked', { k: 'v' }, { labels: { checked: 'yes' } });
        await bed.untilDenied(checked);
        await bed.publish([checked, bed.configMap('good', {})]);
        await bed.follow({ retryInterval: '1s' });
        const { status } = await bed.untilCondition('Ready', 'False', 'ADMISSION_DENIED');
        const message = status?.conditions?.find(({ type }) => type === 'Ready')?.message ?? '';
        const words = `ConfigMap ${bed.name}/checked: admission webhook friday.example.org denied it: not on a Friday`;
        assert.ok(message.includes(words), message);
        assert.ok(await bed.get(configMapOf('good')));

        isAllowed = true;
        await bed.look();
        await bed.untilCondition('Ready', 'True', 'applied');
      } finally {
        server.closeAllConnections();
        server.close();
      }
    });
  },
);

async function readJson(stream: AsyncIterable<Buffer>): Promise<unknown> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece);
  return JSON.parse(Buffer.concat(pieces).toString('utf8'));
}
