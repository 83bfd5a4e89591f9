// The store contract by image layouts in a tar.
import { join } from 'node:path';
import { editLayoutTar } from '../../../src/layout/tar-store.ts';
import { contentStoreContract } from '../../helpers/content-store-contract.ts';
import { makeTempDir } from '../../helpers/temp.ts';

contentStoreContract('image layout in a tar', async (t) => {
  const store = await editLayoutTar(join(await makeTempDir(t), 'layout.tar'));
  t.after(() => store.abort());
  return store;
});
