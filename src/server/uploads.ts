// Pushing blobs (distribution-spec, "Pushing Blobs"): in one request, in a session of one or of many chunks, or by
// mounting what another repository has. A request that breaks off or goes wrong ends its session.
import type { IncomingMessage } from 'node:http';
import { ContentError } from '../errors.ts';
import { ociLimits } from '../limits.ts';
import { isDigest, type Digest } from '../oci/digest.ts';
import { refuse, type Answer } from './answers.ts';
import type { Call, Endpoint } from './call.ts';
import { isRepositoryName, type Repositories } from './repositories.ts';
import { receiveBody } from './request-body.ts';
import type { Session, Sessions } from './sessions.ts';

/** `POST /v2/NAME/blobs/uploads/` */
export function uploadsEndpoint(repositories: Repositories, sessions: Sessions): Endpoint {
  return {
    async POST(call) {
      const { repository, query } = call;
      const mount = query.get('mount');
      if (mount !== null && isDigest(mount) && (await mountBlob(repositories, call, mount))) {
        return answerCreated(repository, mount);
      }
      const digest = query.get('digest');
      if (digest !== null && !isDigest(digest)) return invalidDigest();
      const session = await sessions.start(repository, async () =>
        (await repositories.create(repository)).startUpload(),
      );
      if (session === undefined) return tooMany;
      if (digest !== null) return finish(sessions, session, { call, digest });
      sessions.release(session);
      return { status: 202, headers: progressHeaders(session) };
    },
  };
}

/** `/v2/NAME/blobs/uploads/ID` */
export function uploadEndpoint(sessions: Sessions): Endpoint {
  const withSession = async (call: Call, use: (session: Session) => Promise<Answer>): Promise<Answer> => {
    const session = sessions.take(call.repository, call.reference);
    if (session === undefined) {
      return refuse({ status: 404, code: 'BLOB_UPLOAD_UNKNOWN', message: 'upload is not known' });
    }
    if (session !== 'busy') return use(session);
    return refuse({
      status: 409,
      code: 'BLOB_UPLOAD_INVALID',
      message: 'upload is in use by another request',
    });
  };
  return {
    GET: (call) =>
      withSession(call, async (session) => {
        sessions.release(session);
        return { status: 204, headers: progressHeaders(session) };
      }),
    PATCH: (call) => withSession(call, (session) => append(sessions, session, call)),
    PUT: (call) =>
      withSession(call, async (session) => {
        const digest = call.query.get('digest') ?? '';
        if (isDigest(digest)) return finish(sessions, session, { call, digest });
        sessions.release(session);
        return invalidDigest();
      }),
    DELETE: (call) =>
      withSession(call, async (session) => {
        await sessions.end(session);
        return { status: 204 };
      }),
  };
}

const tooMany = refuse({
  status: 429,
  code: 'TOOMANYREQUESTS',
  message: 'too many uploads are under way',
  headers: { 'Retry-After': '1' },
});

/** Whether the blob is in the repository now, without a byte sent. */
async function mountBlob(
  repositories: Repositories,
  { repository, query }: Call,
  digest: Digest,
): Promise<boolean> {
  const from = query.get('from') ?? '';
  if ((await (await repositories.open(repository))?.refreshBlob(digest)) === true) return true;
  const source = isRepositoryName(from) ? await repositories.open(from) : undefined;
  const blob = await source?.openBlob(digest);
  if (blob === undefined) return false;
  await blob.close();
  // Not before: a mount that is refused leaves no repository behind.
  return (await repositories.create(repository)).linkBlob(repositories.directoryOf(from), digest);
}

/** One chunk. A wrong position leaves the session as it was, for the client to ask where it stands. */
async function append(sessions: Sessions, session: Session, { request }: Call): Promise<Answer> {
  const refusal = checkRange(request, session);
  if (refusal !== undefined) {
    sessions.release(session);
    return refusal;
  }
  const failure = await receiveChunk(sessions, session, request);
  if (failure !== undefined) return failure;
  sessions.release(session);
  return { status: 202, headers: progressHeaders(session) };
}

type Last = { readonly call: Call; readonly digest: Digest };

/** The last chunk, or all of it, and the digest that the whole must have. */
async function finish(sessions: Sessions, session: Session, { call, digest }: Last): Promise<Answer> {
  const refusal = checkRange(call.request, session);
  if (refusal !== undefined) {
    sessions.release(session);
    return refusal;
  }
  const failure = await receiveChunk(sessions, session, call.request);
  if (failure !== undefined) return failure;
  try {
    await session.upload.commit(digest);
    return answerCreated(session.repository, digest);
  } catch (error) {
    if (error instanceof ContentError && error.code === 'DIGEST_MISMATCH')
      return invalidDigest(error.message);
    throw error;
  } finally {
    await sessions.end(session);
  }
}

/** Appends a request's body. Whatever goes wrong ends the session; what the client did wrong is returned. */
async function receiveChunk(
  sessions: Sessions,
  session: Session,
  request: IncomingMessage,
): Promise<Answer | undefined> {
  const { upload } = session;
  const expected = parseRange(request)?.length;
  const before = upload.size;
  try {
    const isWhole = await receiveBody(request, ociLimits.blobBytes - before, (chunk) => upload.append(chunk));
    if (isWhole && (expected === undefined || upload.size - before === expected)) return undefined;
    await sessions.end(session);
    return isWhole
      ? refuse({
          status: 400,
          code: 'SIZE_INVALID',
          message: 'chunk has not the length of its Content-Range',
        })
      : refuse({ status: 413, code: 'SIZE_INVALID', message: `blob is above ${ociLimits.blobBytes} bytes` });
  } catch (error) {
    await sessions.end(session);
    throw error;
  }
}

/** distribution-spec: chunks come in order; without a Content-Range a chunk is the next one. */
function checkRange(request: IncomingMessage, session: Session): Answer | undefined {
  if (request.headers['content-range'] === undefined) return undefined;
  const range = parseRange(request);
  if (range === undefined) {
    return refuse({ status: 400, code: 'BLOB_UPLOAD_INVALID', message: 'Content-Range is not FIRST-LAST' });
  }
  if (range.first === session.upload.size) return undefined;
  return refuse({
    status: 416,
    code: 'BLOB_UPLOAD_INVALID',
    message: `chunk does not start at byte ${session.upload.size}`,
    headers: progressHeaders(session),
  });
}

function parseRange({
  headers,
}: IncomingMessage): { readonly first: number; readonly length: number } | undefined {
  const match = /^(\d{1,15})-(\d{1,15})$/u.exec(headers['content-range'] ?? '');
  if (match === null) return undefined;
  const [first = 0, last = 0] = match.slice(1).map(Number);
  return last < first ? undefined : { first, length: last - first + 1 };
}

function progressHeaders({ id, repository, upload }: Session): Record<string, string> {
  return {
    Location: `/v2/${repository}/blobs/uploads/${id}`,
    Range: `0-${Math.max(0, upload.size - 1)}`,
    'Docker-Upload-UUID': id,
  };
}

function answerCreated(repository: string, digest: Digest): Answer {
  return {
    status: 201,
    headers: { Location: `/v2/${repository}/blobs/${digest}`, 'Docker-Content-Digest': digest },
  };
}

function invalidDigest(message = 'digest is not a sha256 digest'): Answer {
  return refuse({ status: 400, code: 'DIGEST_INVALID', message });
}
