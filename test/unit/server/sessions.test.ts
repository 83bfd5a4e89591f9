import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Upload } from '../../../src/layout/blobs.ts';
import { createSessions, type Sessions } from '../../../src/server/sessions.ts';

type Timer = { callback: () => void; afterMs: number; isStopped: boolean };

function makeSessions(): {
  sessions: Sessions;
  timers: Timer[];
  aborted: () => number;
  startUpload: () => Promise<Upload>;
} {
  const timers: Timer[] = [];
  let aborted = 0;
  const sessions = createSessions({
    maxSessions: 2,
    idleMs: 600_000,
    startTimer: (callback, afterMs) => {
      const timer = { callback, afterMs, isStopped: false };
      timers.push(timer);
      return () => {
        timer.isStopped = true;
      };
    },
  });
  const upload: Upload = {
    size: 0,
    append: async () => {},
    commit: async () => {},
    abort: async () => {
      aborted += 1;
    },
  };
  return { sessions, timers, aborted: () => aborted, startUpload: async () => upload };
}

test('a session that nobody uses for its idle time ends', async () => {
  const { sessions, timers, aborted, startUpload } = makeSessions();
  const session = await sessions.start('a', startUpload);
  assert.ok(session);
  assert.equal(timers.length, 0);
  sessions.release(session);
  assert.equal(timers[0]?.afterMs, 600_000);
  assert.equal(sessions.take('a', session.id), session);
  assert.equal(timers[0].isStopped, true);
  sessions.release(session);
  timers[1]?.callback();
  assert.equal(aborted(), 1);
  assert.equal(sessions.take('a', session.id), undefined);
});

test('a session belongs to its repository and to one request at a time', async () => {
  const { sessions, startUpload } = makeSessions();
  const session = await sessions.start('a', startUpload);
  assert.ok(session);
  assert.equal(sessions.take('a', session.id), 'busy');
  sessions.release(session);
  assert.equal(sessions.take('b', session.id), undefined);
  assert.equal(sessions.take('a', session.id), session);
});

test('there are at most so many sessions, those being started included', async () => {
  const { sessions, aborted, startUpload } = makeSessions();
  const started = await Promise.all([1, 2, 3].map(() => sessions.start('a', startUpload)));
  assert.equal(started.filter((session) => session !== undefined).length, 2);
  await sessions.endAll();
  assert.equal(aborted(), 2);
  assert.ok(await sessions.start('a', startUpload));
});

test('a session that could not start takes no place', async () => {
  const { sessions, startUpload } = makeSessions();
  const fail = (): Promise<Upload> => Promise.reject(new Error('disk is full'));
  for (const _ of [1, 2, 3]) await assert.rejects(sessions.start('a', fail), /disk is full/u);
  assert.ok(await sessions.start('a', startUpload));
});
