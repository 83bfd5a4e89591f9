// Temporary folders that go away with the test that made them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** A new folder, removed when the test ends; before `t.after` hooks that are registered later. */
export async function makeTempDir(t: TestContext): Promise<string> {
  const folder = await create();
  t.after(() => remove(folder));
  return folder;
}

/** Runs `body` with a new folder and removes it afterwards. */
export async function withTempDir<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await create();
  try {
    return await body(folder);
  } finally {
    await remove(folder);
  }
}

function create(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'sealift-test-'));
}

async function remove(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}
