// A fresh control plane for one side of a bench, in a folder that goes away with it.
import { resourceSchema } from '../../src/resources/resource.ts';
import { withTempDir } from '../../test/helpers/temp.ts';
import { startSite, type Site } from '../../test/site/site.ts';
import { appsNamespace } from './apps.ts';
import { floorNamespace } from './floor.ts';

export async function withCluster<T>(body: (site: Site) => Promise<T>): Promise<T> {
  return withTempDir(async (directory) => {
    const site = await startSite({ directory });
    try {
      const namespaces = [appsNamespace, floorNamespace].map((name) =>
        resourceSchema.parse({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
      );
      await site.apply(namespaces);
      return await body(site);
    } finally {
      await site.stop();
    }
  });
}
