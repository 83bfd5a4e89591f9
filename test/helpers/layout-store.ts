// A content store for tests: an image layout in a temporary folder.
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { openLayout } from '../../src/layout/layout.ts';
import type { ContentStore } from '../../src/oci/content-store.ts';
import { makeTempDir } from './temp.ts';

/** An empty image layout that goes away with the test. */
export async function makeStore(t: TestContext): Promise<ContentStore> {
  return openLayout(join(await makeTempDir(t), 'layout'), { create: true });
}
