// What is really attached to an artifact, read plainly from what is pushed: the model is told of facts, not of code.
import type { ContentStore } from '../../../src/oci/content-store.ts';
import type { MemoryStore } from '../../../src/oci/memory-store.ts';
import type { Actor, Action, Paper, Said } from './rules.ts';

/** Passes everything on, and tells of each paper that is attached, by whom. */
export function tellPapers(
  store: ContentStore,
  memory: MemoryStore,
  { signer, onPaper }: { readonly signer: Actor; readonly onPaper: (paper: Paper) => void },
): ContentStore {
  return {
    ...store,
    push: async (content, signal) => {
      const isNew = memory.bytesOf(content.descriptor.digest) === undefined;
      await store.push(content, signal);
      const paper = readPaper(content.descriptor.digest, memory, signer);
      if (isNew && paper !== undefined) onPaper(paper);
    },
  };
}

/** The paper that a referrer carries; undefined for what is no referrer. */
export function readPaper(carrier: string, memory: MemoryStore, signer: Actor): Paper | undefined {
  const bytes = memory.bytesOf(carrier);
  const manifest = parse(bytes);
  if (manifest.subject === undefined) return undefined;
  const bundle = parse(memory.bytesOf(String(manifest.layers[0].digest)));
  const payload = String(bundle.dsseEnvelope.payload);
  const statement = parse(Buffer.from(payload, 'base64'));
  const isPromotion = statement.predicateType === 'https://sealift.dev/promotion/v1';
  return {
    carrier,
    on: String(manifest.subject.digest),
    about: `sha256:${String(statement.subject[0].digest.sha256)}`,
    signer,
    bytes: payload,
    said: isPromotion ? readSaid(statement.predicate) : undefined,
  };
}

type Predicate = {
  readonly repository: string;
  readonly channel: string;
  readonly epoch: number;
  readonly sequence: number;
  readonly action: Action;
  readonly issuedAt: string;
  readonly expiresAt?: string;
  readonly previous?: { readonly digest: string };
};

function readSaid({ issuedAt, expiresAt, previous, ...rest }: Predicate): Said {
  return {
    repository: rest.repository,
    channel: rest.channel,
    epoch: rest.epoch,
    sequence: rest.sequence,
    action: rest.action,
    issuedMs: Date.parse(issuedAt),
    expiresMs: expiresAt === undefined ? undefined : Date.parse(expiresAt),
    previous: previous?.digest,
  };
}

// oxlint-disable-next-line typescript/no-explicit-any -- what a test has just pushed
function parse(bytes: Uint8Array | undefined): any {
  try {
    return JSON.parse(Buffer.from(bytes ?? []).toString('utf8'));
  } catch {
    return {};
  }
}
