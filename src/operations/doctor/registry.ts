// Examining what a registry does: whom it lets in, and which parts of the distribution specification it has.
import type { Descriptor } from '../../oci/descriptor.ts';
import { readManifestFacts } from '../../oci/manifest-facts.ts';
import type { Content } from '../../oci/manifest.ts';
import { manifestAccept, mediaTypes } from '../../oci/media-types.ts';
import type { Reference } from '../../oci/reference.ts';
import type { ChallengeEvent } from '../../registry/auth.ts';
import { parseChallenges } from '../../registry/challenge.ts';
import { connectRegistries, type ConnectOptions, type Connections } from '../../registry/connect.ts';
import { noCredentials } from '../../registry/credentials/keychain.ts';
import type { HttpAnswer, HttpRequest, Send } from '../../registry/http.ts';
import { redactUrl } from '../../registry/redact.ts';
import { expectStatus, refusalOf } from '../../registry/status.ts';
import type { TokenEvent } from '../../registry/token-cache.ts';
import { createTransport } from '../../registry/transport.ts';
import type { Examiner, Finding, StepDetails } from './step.ts';

export type RegistryCase = {
  readonly reference: Reference;
  /** The registry's origin. */
  readonly url: URL;
  readonly connect: ConnectOptions;
  readonly plainHttp: boolean;
  readonly signal: AbortSignal;
};

export async function examineRegistry(examiner: Examiner, given: RegistryCase): Promise<void> {
  const { reference, signal } = given;
  await examiner.take('registry', ['TLS'], () => findRegistry(given));
  await examiner.take('credentials', ['reference'], () => findCredentials(given));
  let opened: Patient | undefined;
  // Not before a step, as what connections are made with may be what is wrong.
  const patient = (): Patient => (opened ??= openPatient(given));
  let manifest: Content | undefined;
  const ofManifest = (look: (patient: Patient, content: Content) => Promise<Finding>) => {
    return async (): Promise<Finding> => (manifest === undefined ? nothingNamed : look(patient(), manifest));
  };
  try {
    await examiner.take('log-in', ['registry', 'credentials'], () => findLogin(patient()));
    await examiner.take('manifest', ['log-in'], async () => {
      const wanted = wantedOf(reference);
      if (wanted !== undefined) manifest = await patient().store.resolve(wanted, signal);
      return manifest === undefined ? nothingNamed : findManifest(patient(), manifest);
    });
    await examiner.take('referrers', ['manifest'], ofManifest(findReferrers));
    await examiner.take('blobs', ['manifest'], ofManifest(findBlobs));
    await examiner.take('tags', ['log-in'], () => findTags(patient()));
  } finally {
    opened?.close();
  }
}

type Patient = RegistryCase & {
  readonly store: ReturnType<Connections['open']>;
  /** Logs in. */
  readonly send: Send;
  readonly heard: Ear;
  close(): void;
};

function openPatient(given: RegistryCase): Patient {
  const { reference, connect, plainHttp } = given;
  const heard = createEar(connect.observe);
  const { open, sender, close } = connectRegistries({ ...connect, observe: heard });
  return { ...given, store: open(reference, plainHttp), send: sender(reference, plainHttp), heard, close };
}

const nothingNamed: Finding = { words: 'the reference names neither a tag nor a digest', outcome: 'skipped' };

function wantedOf({ digest, tag }: Reference): string | undefined {
  return digest ?? tag;
}

/** What happened in a log-in that is under way; who listens already goes on to hear it, too. */
type Ear = {
  readonly onChallenge: (event: ChallengeEvent) => void;
  readonly onToken: (event: TokenEvent) => void;
  readonly challenges: readonly ChallengeEvent[];
  readonly tokens: readonly TokenEvent[];
};

function createEar(other: ConnectOptions['observe']): Ear {
  const challenges: ChallengeEvent[] = [];
  const tokens: TokenEvent[] = [];
  return {
    challenges,
    tokens,
    onChallenge: (event) => {
      challenges.push(event);
      other?.onChallenge?.(event);
    },
    onToken: (event) => {
      tokens.push(event);
      other?.onToken?.(event);
    },
  };
}

/** One bare `GET /v2/`: without log-in, and without further tries. */
async function findRegistry({ connect, url, signal }: RegistryCase): Promise<Finding> {
  const { random: _random, now: _now, keychain: _keychain, observe: _observe, ...network } = connect;
  const transport = createTransport(network);
  const request: HttpRequest = { method: 'GET', url: new URL('/v2/', url), signal };
  try {
    const answer = await transport.send(request);
    const version = answer.header('docker-distribution-api-version')?.slice(0, 100);
    const details = version === undefined ? {} : { version };
    if (answer.status === 401) return challenged(answer, details);
    // Some have no such page, and are registries all the same.
    if (answer.status !== 200 && answer.status !== 404) throw await refusalOf(request, answer);
    answer.discard();
    return { words: `answers ${answer.status} to everybody`, details: { status: answer.status, ...details } };
  } finally {
    transport.close();
  }
}

function challenged(answer: HttpAnswer, details: StepDetails): Finding {
  answer.discard();
  const challenges = parseChallenges(answer.header('www-authenticate'));
  const described = challenges.map(({ scheme, parameters }) => {
    const realm = parameters.get('realm') ?? '';
    const place = scheme === 'bearer' && URL.canParse(realm) ? ` by ${redactUrl(new URL(realm))}` : '';
    const service = parameters.get('service');
    return `${scheme}${place}${service === undefined ? '' : ` for ${service.slice(0, 100)}`}`;
  });
  return {
    words:
      described.length === 0 ? 'answers 401 and asks for nothing' : `asks for ${described.join(', or ')}`,
    details: { status: 401, ...details },
  };
}

async function findCredentials({ connect, reference, signal }: RegistryCase): Promise<Finding> {
  const { keychain = noCredentials } = connect;
  const { registry, repository } = reference;
  const looks = await keychain.trace({ registry, repository }, signal);
  const winner = looks.find(({ found }) => found !== undefined);
  return {
    words: winner === undefined ? 'none' : `${winner.words}, from ${winner.source}`,
    details: Object.fromEntries(looks.map(({ source, words }) => [source, words])),
  };
}

/** The first request of every command, by which each of them logs in. */
async function findLogin(patient: Patient): Promise<Finding> {
  const { reference, url, send, heard, signal } = patient;
  const wanted = wantedOf(reference);
  const path = wanted === undefined ? 'tags/list?n=1' : `manifests/${wanted}`;
  const request: HttpRequest = {
    method: wanted === undefined ? 'GET' : 'HEAD',
    url: new URL(`/v2/${reference.repository}/${path}`, url),
    headers: { accept: wanted === undefined ? 'application/json' : manifestAccept },
    signal,
  };
  const answer = await send(request);
  // What is not there is not denied either.
  await expectStatus(request, answer, 200, 404);
  answer.discard();
  return describeLogin(heard);
}

function describeLogin({ challenges, tokens }: Ear): Finding {
  const token = tokens.at(-1);
  if (token !== undefined) {
    const { realm, scopes, source, lifetimeMs, service } = token;
    const who = source === undefined ? 'for nobody in particular' : `for the credential from ${source}`;
    return {
      words: `taken, with a token of ${realm} ${who}`,
      details: {
        realm,
        ...(service === undefined ? {} : { service }),
        scopes: scopes.join(' '),
        'valid for': `${Math.round(lifetimeMs / 1000)} s`,
      },
    };
  }
  if (challenges.length > 0) return { words: 'taken: the credential was sent to the registry itself' };
  return { words: 'nobody has to log in to read' };
}

async function findManifest({ store, reference, signal }: Patient, manifest: Content): Promise<Finding> {
  const { digest, mediaType, size } = manifest.descriptor;
  const details = { digest, mediaType, size };
  const words = `${digest}, ${mediaType}, ${size} bytes`;
  if (reference.digest !== undefined || reference.tag === undefined) return { words, details };
  const peeked = await store.peek(reference.tag, signal);
  if (peeked === digest) return { words, details };
  return {
    words: `${words}; HEAD says ${peeked ?? 'nothing'}`,
    details: { ...details, head: peeked ?? 'nothing' },
    hint: 'HEAD and GET differ: the tag was moved just now, or a cache in between is stale.',
  };
}

async function findReferrers(patient: Patient, { descriptor }: Content): Promise<Finding> {
  const { store, reference, url, send, signal } = patient;
  const request: HttpRequest = {
    method: 'GET',
    url: new URL(`/v2/${reference.repository}/referrers/${descriptor.digest}`, url),
    headers: { accept: mediaTypes.index },
    shownRedirects: [303],
    signal,
  };
  const answer = await send(request);
  const type = answer.header('content-type')?.split(';')[0]?.trim();
  answer.discard();
  const hasApi = answer.status === 200 && type === mediaTypes.index;
  const { length } = await store.referrers(descriptor, signal);
  const way = hasApi ? 'by the referrers API' : `by the referrers tag: the API answers ${answer.status}`;
  return { words: `${length}, ${way}`, details: { referrers: length, api: hasApi } };
}

async function findTags({ store, signal }: Patient): Promise<Finding> {
  const { length } = await store.tags(signal);
  return { words: `${length} ${length === 1 ? 'tag' : 'tags'}`, details: { tags: length } };
}

/** Whether downloads can go on where they broke off, and where blobs come from. */
async function findBlobs(patient: Patient, manifest: Content): Promise<Finding> {
  const { reference, url, send, signal } = patient;
  const blob = await someBlob(patient, manifest);
  if (blob === undefined) return { words: 'there is none to look at', outcome: 'skipped' };
  const request: HttpRequest = {
    method: 'GET',
    url: new URL(`/v2/${reference.repository}/blobs/${blob.digest}`, url),
    headers: { range: 'bytes=0-0' },
    signal,
    hasLongAnswer: true,
  };
  const answer = await send(request);
  await expectStatus(request, answer, 200, 206);
  answer.discard();
  const place = answer.from === undefined ? 'the registry itself' : answer.from.origin;
  const isResumable = answer.status === 206;
  return {
    words: `from ${place}; downloads that break ${isResumable ? 'go on where they were' : 'start over'}`,
    details: { from: place, resumable: isResumable },
  };
}

/** An index has none; the first manifest that it lists may have some. */
async function someBlob({ store, signal }: Patient, manifest: Content): Promise<Descriptor | undefined> {
  const { blobs, manifests } = readManifestFacts(manifest);
  const [listed] = manifests;
  if (listed === undefined) return blobs.find(({ size }) => size > 0);
  return readManifestFacts(await store.resolve(listed.digest, signal)).blobs.find(({ size }) => size > 0);
}
