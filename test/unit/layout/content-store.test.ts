import { join } from 'node:path';
import { openLayout } from '../../../src/layout/layout.ts';
import { contentStoreContract } from '../../helpers/content-store-contract.ts';
import { makeTempDir } from '../../helpers/temp.ts';

contentStoreContract('image layout', async (t) =>
  openLayout(join(await makeTempDir(t), 'layout'), { create: true }),
);
