// A request's body on its way out: in slices, no faster than the connection takes them, at a least pace.
import type { ClientRequest } from 'node:http';
import type { Bytes } from '../oci/content-store.ts';
import { watchPace, type Timing } from './deadlines.ts';
import type { HttpRequest, StreamedBody } from './http.ts';
import { markSourceError, timeoutError } from './network-errors.ts';

/** A body in memory that is larger is sent in slices, so that it can be seen to move. */
export const sliceBytes = 64 * 1024;

export type Upload = {
  /** Settles with the body's last byte; rejects with what its source threw. */
  readonly sent: Promise<void>;
  /** Reads no more of the source. */
  stop(): void;
};

/** Sends a body and ends the request. */
export function startUpload(
  message: ClientRequest,
  request: HttpRequest,
  body: StreamedBody,
  timing: Timing,
): Upload {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  message.once('close', stop);
  const pace = watchPace(timing, (ms) => message.destroy(timeoutError(request, ms)));
  const signals = [stopping.signal, ...(request.signal === undefined ? [] : [request.signal])];
  const handOver = createHandOver(message, stopping);
  const send = async (): Promise<void> => {
    const source = body.open(AbortSignal.any(signals), { isChunkLent: true });
    for await (const chunk of readSource(source, stopping.signal)) {
      for (let start = 0; start < chunk.byteLength; start += sliceBytes) {
        const slice = chunk.subarray(start, start + sliceBytes);
        pace.wait();
        await handOver(slice);
        pace.moved(slice.byteLength);
      }
      if (stopping.signal.aborted) return;
    }
    if (!stopping.signal.aborted) message.end();
  };
  return { sent: send().finally(pace.stop), stop };
}

/** A body in memory as a streamed one. */
export function streamBytes(bytes: Uint8Array): StreamedBody {
  return {
    byteLength: bytes.byteLength,
    open: async function* open() {
      yield bytes;
    },
  };
}

/** Marks what the source throws, but for what its being stopped made it throw. */
async function* readSource(source: Bytes, stopped: AbortSignal): Bytes {
  try {
    for await (const chunk of source) {
      if (stopped.aborted) return;
      yield chunk;
    }
  } catch (error) {
    if (stopped.aborted) return;
    throw markSourceError(error);
  }
}

/** What writes and waits until the system has it all: the memory that was lent is used again. */
function createHandOver(
  message: ClientRequest,
  stopping: AbortController,
): (slice: Uint8Array) => Promise<void> {
  let proceed = (): void => undefined;
  stopping.signal.addEventListener('abort', () => proceed());
  return (slice) =>
    new Promise((resolve) => {
      proceed = resolve;
      if (stopping.signal.aborted) {
        resolve();
        return;
      }
      message.write(slice, (error) => {
        // Why, the message tells; until its end is told, nothing more is to be read for it.
        if (error instanceof Error) stopping.abort();
        resolve();
      });
    });
}
