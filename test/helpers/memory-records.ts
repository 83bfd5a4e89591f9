// PromotionRecords as an API server keeps them: versions are locks, and what the CRD's rules forbid is refused. For runs
// of thousands of commands; the same commands run against a real API server too, so that this one can't drift from it.
import { KubeError } from '../../src/errors.ts';
import type { KubeClient, KubeRequest } from '../../src/kube/request.ts';
import { answeringClient } from './kube-client.ts';

type Spec = {
  readonly repository: string;
  readonly channel: string;
  readonly epoch: number;
  readonly sequence: number;
  readonly digest: string;
  readonly issuedAt: string;
};

type Stored = {
  readonly metadata: { readonly name: string; readonly uid: string; readonly resourceVersion: string };
  readonly spec: Spec;
};

/** A client of an empty API server. */
export function createRecordsServer(): KubeClient {
  const objects = new Map<string, Stored>();
  let version = 1000;

  function write(name: string, uid: string, body: Stored): Stored {
    version += 1;
    const metadata = { ...body.metadata, name, uid, resourceVersion: `${version}` };
    const stored = structuredClone({ ...body, metadata });
    objects.set(name, stored);
    return structuredClone(stored);
  }

  function answer({ method, path, body }: KubeRequest): unknown {
    // As the server sees it: what is undefined was never sent.
    const sent = body === undefined ? undefined : (JSON.parse(JSON.stringify(body)) as Stored);
    const name = sent?.metadata.name ?? path.slice(path.lastIndexOf('/') + 1);
    const stored = objects.get(name);
    if (method === 'POST') {
      if (stored !== undefined || sent === undefined) throw refusal('KUBE_CONFLICT', 409, 'already exists');
      return write(name, `uid-${version}`, sent);
    }
    if (stored === undefined) throw refusal('KUBE_NOT_FOUND', 404, 'not found');
    if (method === 'GET') return structuredClone(stored);
    if (method === 'DELETE') {
      version += 1;
      objects.delete(name);
      return undefined;
    }
    if (method !== 'PUT' || sent === undefined) throw new TypeError(`${method} is not answered here`);
    const expected = sent.metadata.resourceVersion;
    if (expected !== undefined && expected !== stored.metadata.resourceVersion)
      throw refusal('KUBE_CONFLICT', 409, 'the object has been modified');
    assertRules(sent.spec, stored.spec);
    return write(name, stored.metadata.uid, sent);
  }

  return answeringClient(answer);
}

/** The rules of the CRD, src/api/promotion-record.ts. */
function assertRules(self: Spec, old: Spec): void {
  const isSameEpoch = self.epoch === old.epoch;
  const broken = [
    self.repository !== old.repository || self.channel !== old.channel,
    self.epoch < old.epoch || (isSameEpoch && self.sequence < old.sequence),
    isSameEpoch && self.sequence === old.sequence && self.digest !== old.digest,
    self.issuedAt < old.issuedAt,
  ];
  if (broken.includes(true)) throw refusal('KUBE_INVALID', 422, 'a record never goes back');
}

function refusal(
  code: 'KUBE_CONFLICT' | 'KUBE_NOT_FOUND' | 'KUBE_INVALID',
  status: number,
  text: string,
): KubeError {
  return new KubeError(code, text, { status });
}
