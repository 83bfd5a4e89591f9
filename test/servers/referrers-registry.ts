// go-containerregistry's registry with the referrers API: another implementation than ours, in memory.
import { requireComponents } from '../components/locate.ts';
import { type RegistryProcess, startRegistryProcess } from './registry-process.ts';

/** Starts it and waits until it answers. */
export async function startReferrersRegistry(directory: string): Promise<RegistryProcess> {
  const { 'referrers-registry': path } = await requireComponents(['referrers-registry']);
  return startRegistryProcess({
    name: 'referrers-registry',
    path,
    directory,
    argumentsFor: (host) => [host],
  });
}
