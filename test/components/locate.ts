// Finds the programs that tests and the demo run: in KUBEBUILDER_ASSETS, in the cache, else built with Go.
// Whatever is found is verified before it is used, and why a way failed is remembered for the error.
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessageOf } from '../../src/errors.ts';
import { buildComponent } from './build.ts';
import { checkCached, componentFolder, type Environment } from './cache.ts';
import { type Component, type ComponentName, components } from './components.ts';
import { ComponentsError, type FailedWay, type MissingComponent } from './errors.ts';
import { checkGo } from './go.ts';
import type { Log } from './progress.ts';
import { readVersion } from './version.ts';

export type LocateOptions = {
  /** Takes progress as plain lines; without it progress goes to stderr. */
  readonly log?: Log | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Where KUBEBUILDER_ASSETS, SEALIFT_CACHE and PATH are read from. */
  readonly environment?: Environment | undefined;
};

/** A verified binary, or each way that was tried without building. */
export type FoundComponent = { readonly path: string | undefined; readonly failed: readonly FailedWay[] };

/** Looks for a component in KUBEBUILDER_ASSETS and then in the cache; never builds. */
export async function findComponent(
  name: ComponentName,
  environment: Environment = process.env,
): Promise<FoundComponent> {
  const component = components[name];
  const failed: FailedWay[] = [];
  if (component.assets !== undefined) {
    const found = await findAsset(component, environment);
    if ('path' in found) return { path: found.path, failed };
    failed.push({ way: 'KUBEBUILDER_ASSETS', reason: found.problem });
  }
  const folder = await componentFolder(component, environment);
  const problem = await checkCached(component, folder);
  if (problem === undefined) return { path: join(folder, name), failed };
  failed.push({ way: 'cache', reason: problem });
  return { path: undefined, failed };
}

/**
 * The paths of components, built where they are not to be found.
 * @throws ComponentsError COMPONENTS_MISSING with every way that was tried for each
 */
export async function requireComponents<Name extends ComponentName>(
  names: readonly Name[],
  options: LocateOptions = {},
): Promise<Record<Name, string>> {
  const { environment = process.env, log, signal } = options;
  const searches = await Promise.all(
    [...new Set(names)].map(async (name) => ({ name, found: await findComponent(name, environment) })),
  );
  const goProblem = searches.every(({ found }) => found.path !== undefined)
    ? undefined
    : await checkGo(environment);
  const paths = new Map<Name, string>();
  const missing: MissingComponent[] = [];
  for (const { name, found } of searches) {
    signal?.throwIfAborted();
    try {
      if (found.path === undefined && goProblem !== undefined) throw new Error(goProblem);
      paths.set(name, found.path ?? (await buildComponent(components[name], { environment, log, signal })));
    } catch (error) {
      signal?.throwIfAborted();
      const ways = [...found.failed, { way: 'go', reason: errorMessageOf(error) }];
      missing.push({ component: components[name], ways });
    }
  }
  if (missing.length > 0) throw new ComponentsError(missing);
  // Every name is in the map, else it would have been missing.
  return Object.fromEntries(paths) as Record<Name, string>;
}

type FoundAsset = { readonly path: string } | { readonly problem: string };

async function findAsset(component: Component, environment: Environment): Promise<FoundAsset> {
  const folder = environment['KUBEBUILDER_ASSETS'];
  if (folder === undefined || folder === '') return { problem: 'not set' };
  const path = join(folder, component.name);
  try {
    await access(path, constants.X_OK);
  } catch {
    return { problem: `${path} is not an executable file` };
  }
  const printed = await readVersion(component, path);
  if ('problem' in printed) return printed;
  if (component.assets?.pattern.test(printed.version) === true) return { path };
  return { problem: `${path} is version ${printed.version}, wanted ${component.assets?.wanted}` };
}
