import assert from 'node:assert/strict';
import { test } from 'node:test';

import { InputError, KubeError, type SealiftError } from '../../../src/errors.ts';
import { statusError } from '../../../src/kube/status-error.ts';
import { type FailureContext, type Verdict, judgeFailure } from '../../../src/kube/watch-failure.ts';

const synced: FailureContext = {
  isSynced: true,
  streamsInitialEvents: true,
  failures: 0,
  forbiddenRetryMs: 60_000,
  random: () => 0,
};
const syncing: FailureContext = { ...synced, isSynced: false };
const listing: FailureContext = { ...syncing, streamsInitialEvents: false };

function http(status: number, retryAfter?: string): KubeError {
  return statusError({ status, body: '', method: 'GET', path: '/api', retryAfter });
}
const lost = new KubeError('KUBE_UNAVAILABLE', 'lost', { retryable: true, details: { sent: true } });
const unreachable = new KubeError('KUBE_UNAVAILABLE', 'away', { retryable: true, details: { sent: false } });
const garbled = new KubeError('KUBE_PROTOCOL', 'garbled');
const timedOut = new KubeError('KUBE_TIMEOUT', 'late', { retryable: true });
const noToken = new InputError('FILE_UNREADABLE', 'no token');

const table: readonly (readonly [name: string, SealiftError, FailureContext, Partial<Verdict>])[] = [
  ['a lost stream is resumed', lost, synced, { state: 'reconnecting', mustRestart: false, waitMs: 100 }],
  [
    'a server that is away is waited for by the connection',
    unreachable,
    synced,
    { waitMs: 0, mustRestart: false },
  ],
  [
    'a busy server says when',
    http(429, '3'),
    synced,
    { state: 'reconnecting', mustRestart: false, waitMs: 3000 },
  ],
  ['a server error keeps the version', http(500), synced, { state: 'reconnecting', mustRestart: false }],
  ['a refused token keeps the version', http(401), synced, { state: 'reconnecting', mustRestart: false }],
  [
    'a token that can not be read keeps the version',
    noToken,
    synced,
    { state: 'reconnecting', mustRestart: false },
  ],
  ['a late answer keeps the version', timedOut, synced, { state: 'reconnecting', mustRestart: false }],
  ['a version that is gone restarts', http(410), synced, { state: 'syncing', mustRestart: true }],
  [
    'a refused version restarts',
    http(400),
    synced,
    { state: 'reconnecting', mustRestart: true, mustList: false },
  ],
  ['a line that is no event restarts', garbled, synced, { state: 'reconnecting', mustRestart: true }],
  ['a kind that is gone restarts', http(404), synced, { state: 'missing', mustRestart: true, waitMs: 100 }],
  [
    'a lost right keeps the version',
    http(403),
    synced,
    { state: 'forbidden', mustRestart: false, waitMs: 500 },
  ],
  ['refused initial events lead to LIST', http(422), syncing, { mustList: true, waitMs: 0 }],
  ['initial events that are no method lead to LIST', http(405), syncing, { mustList: true, waitMs: 0 }],
  ['initial events that do not come lead to LIST', timedOut, syncing, { mustList: true, waitMs: 0 }],
  ['no right to watch is no reason to LIST', http(403), syncing, { state: 'forbidden', mustList: false }],
  ['a kind without LIST is not supported', http(405), listing, { state: 'unsupported', mustList: false }],
  ['a LIST that is refused is tried again slowly', http(422), { ...listing, failures: 9 }, { waitMs: 5000 }],
];

for (const [name, error, context, expected] of table) {
  test(name, () => {
    const verdict = judgeFailure(error, context);
    assert.deepEqual({ ...verdict, ...expected }, verdict);
  });
}

test('the wait grows to its limit and no further', () => {
  const most = { ...synced, failures: 1000, random: () => 0.999 };
  assert.ok(judgeFailure(lost, most).waitMs <= 10_000);
  assert.ok(judgeFailure(lost, most).waitMs > 9900);
  assert.ok(judgeFailure(http(403), most).waitMs > 59_000);
});
