// By which members the items of a list are told apart in a strategic merge, as the API reference of Kubernetes has them
// (patch merge key, list map keys). Lists that are not named are replaced.
// https://kubernetes.io/docs/reference/kubernetes-api/

/** A member that tells items apart, and what it is where it is absent. */
export type MergeKey = { readonly name: string; readonly usual?: string };

const named: readonly MergeKey[] = [{ name: 'name' }];
const protocol: MergeKey = { name: 'protocol', usual: 'TCP' };

/** By the list's name; of several the first that all items have. */
const keysOfLists: ReadonlyMap<string, readonly (readonly MergeKey[])[]> = new Map([
  ['conditions', [[{ name: 'type' }]]],
  ['containers', [named]],
  ['env', [named]],
  ['ephemeralContainers', [named]],
  ['hostAliases', [[{ name: 'ip' }]]],
  ['imagePullSecrets', [named]],
  ['initContainers', [named]],
  ['ownerReferences', [[{ name: 'uid' }]]],
  [
    'ports',
    [
      [{ name: 'containerPort' }, protocol],
      [{ name: 'port' }, protocol],
    ],
  ],
  ['resourceClaims', [named]],
  ['secrets', [named]],
  ['topologySpreadConstraints', [[{ name: 'topologyKey' }, { name: 'whenUnsatisfiable' }]]],
  ['volumeDevices', [[{ name: 'devicePath' }]]],
  ['volumeMounts', [[{ name: 'mountPath' }]]],
  ['volumes', [named]],
  ['webhooks', [named]],
]);

/** Lists, as `KIND.NAME`, that are replaced although others of their name have keys. */
export const replacedLists: ReadonlySet<string> = new Set([
  'EndpointSlice.ports',
  'ServiceAccount.imagePullSecrets',
]);

/** Lists of texts that are united. */
export const unitedLists: ReadonlySet<string> = new Set(['finalizers']);

/** Of the given choices the keys that fit. */
export function mergeKeysOf(
  list: string,
  fits: (keys: readonly MergeKey[]) => boolean,
): readonly MergeKey[] | undefined {
  return keysOfLists.get(list)?.find(fits);
}
