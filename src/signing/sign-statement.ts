// A statement, signed: the Sigstore bundle that cosign accepts. Apart from verification, so that who only verifies
// carries no signing client.
import { bundleToJSON } from '@sigstore/bundle';
import { DSSEBundleBuilder } from '@sigstore/sign';
import type { Signer } from './keys.ts';
import { payloadType } from './statement.ts';

/** The JSON bytes of a bundle that holds a statement, signed. */
export async function signStatement(signer: Signer, statement: Uint8Array): Promise<Buffer> {
  const { publicKey, hint } = signer.verifyKey;
  const builder = new DSSEBundleBuilder({
    signer: {
      sign: async (data) => ({
        signature: Buffer.from(await signer.sign(data)),
        key: {
          $case: 'publicKey',
          publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
          hint,
        },
      }),
    },
    witnesses: [],
  });
  const bundle = await builder.create({ data: Buffer.from(statement), type: payloadType });
  // The library copies the hint into keyid, and cosign skips a signature whose keyid it does not know.
  for (const signature of bundle.content.dsseEnvelope.signatures) signature.keyid = '';
  return Buffer.from(JSON.stringify(bundleToJSON(bundle)));
}
