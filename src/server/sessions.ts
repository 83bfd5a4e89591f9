// Upload sessions: content on its way in over several requests. There are at most so many, each is used by one
// request at a time, and one that nobody uses for a while is given up with its temporary file.
import { randomUUID } from 'node:crypto';
import type { Upload } from '../layout/blobs.ts';

export type Session = { readonly id: string; readonly repository: string; readonly upload: Upload };

export type SessionOptions = {
  /** Sessions at one time. */
  readonly maxSessions: number;
  /** Time without a request after which a session ends. */
  readonly idleMs: number;
  /** Calls back once after a time, unless the returned function is called before. */
  readonly startTimer: (callback: () => void, afterMs: number) => () => void;
};

export type Sessions = {
  /** Starts a session, in use by the caller; undefined where there are too many. */
  start(repository: string, startUpload: () => Promise<Upload>): Promise<Session | undefined>;
  /** Takes a session into use. */
  take(repository: string, id: string): Session | 'busy' | undefined;
  /** Ends the use; the session waits for the next request. */
  release(session: Session): void;
  /** Ends the session; its upload is aborted unless it was committed. */
  end(session: Session): Promise<void>;
  endAll(): Promise<void>;
};

export function createSessions({ maxSessions, idleMs, startTimer }: SessionOptions): Sessions {
  const sessions = new Map<string, Session>();
  /** What stops the idle timer of a session that waits; one in use has none. */
  const waiting = new Map<string, () => void>();
  let starting = 0;

  function stopWaiting(id: string): boolean {
    waiting.get(id)?.();
    return waiting.delete(id);
  }

  async function end({ id, upload }: Session): Promise<void> {
    stopWaiting(id);
    sessions.delete(id);
    await upload.abort();
  }

  return {
    end,
    async start(repository, startUpload) {
      if (sessions.size + starting >= maxSessions) return undefined;
      starting += 1;
      try {
        const session = { id: randomUUID(), repository, upload: await startUpload() };
        sessions.set(session.id, session);
        return session;
      } finally {
        starting -= 1;
      }
    },
    take(repository, id) {
      const session = sessions.get(id);
      if (session?.repository !== repository) return undefined;
      return stopWaiting(id) ? session : 'busy';
    },
    release(session) {
      const expire = (): void => {
        // The file is removed at the next start if it can't be now.
        end(session).catch(() => {});
      };
      waiting.set(session.id, startTimer(expire, idleMs));
    },
    async endAll() {
      await Promise.all([...sessions.values()].map((session) => end(session)));
    },
  };
}
