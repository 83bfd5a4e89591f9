// Whose an object is, by its metadata. Labels and names of managers can be written by anyone who may edit the object:
// they keep us away where a live Delivery or another tool stands behind them, and count for nothing else.
import { ownerLabel } from '../../src/api/common.ts';
import type { KubeMetadata, ManagedFieldsEntry } from '../../src/kube/object.ts';
import { fieldManagerOf, ownerIdOfManager } from './owner.ts';
import { isFieldSet } from './own-fields.ts';
import type { Desired } from './desired.ts';
import type { Applier } from './object-requests.ts';

export type ForeignOwner = {
  readonly name: string;
  /** Of another Delivery. */
  readonly ownerId?: string;
};

type Reconciler = {
  readonly name: string;
  readonly labels: RegExp;
  readonly annotations: RegExp;
  /** Field managers that it writes as. */
  readonly managers: ReadonlySet<string>;
};

const never = /(?!)/u;

const reconcilers: readonly Reconciler[] = [
  {
    name: 'Flux',
    labels: /^(?:kustomize|helm)\.toolkit\.fluxcd\.io\/name$/u,
    annotations: never,
    managers: new Set(['kustomize-controller', 'helm-controller']),
  },
  {
    name: 'Argo CD',
    labels: /^argocd\.argoproj\.io\/instance$/u,
    annotations: /^argocd\.argoproj\.io\/tracking-id$/u,
    managers: new Set(['argocd-controller', 'argocd-application-controller']),
  },
  {
    name: 'Helm',
    labels: never,
    annotations: /^meta\.helm\.sh\/release-name$/u,
    managers: new Set(['helm', 'helm-controller']),
  },
];

/** Who else reconciles the object, or undefined. A label or manager that names no live Delivery of ours is nobody. */
export function foreignOwner(
  applier: Applier,
  { key }: Pick<Desired, 'key'>,
  metadata: KubeMetadata,
): ForeignOwner | undefined {
  const { ownerId, isLiveOwner, mayAdopt } = applier;
  const other = claimsOf(metadata).find((claim) => claim !== ownerId && isLiveOwner(claim, key));
  if (other !== undefined) return { name: 'another Delivery', ownerId: other };
  if (mayAdopt) return undefined;
  const [reconciler] = reconcilersOf(metadata, fieldManagerOf(ownerId));
  return reconciler === undefined ? undefined : { name: reconciler.name };
}

/** Owner ids on the object that count for nothing: of a Delivery that is gone or has let it go, or made up. */
export function strangersOf(
  { ownerId, isLiveOwner }: Applier,
  { key }: Pick<Desired, 'key'>,
  metadata: KubeMetadata,
): readonly string[] {
  const strangers = claimsOf(metadata).filter((claim) => claim !== ownerId && !isLiveOwner(claim, key));
  return [...new Set(strangers)].slice(0, 3);
}

function claimsOf({ labels, managedFields = [] }: KubeMetadata): readonly string[] {
  const label = labels?.[ownerLabel];
  const managers = managedFields
    .filter(({ operation }) => operation === 'Apply')
    .flatMap(({ manager }) => ownerIdOfManager(manager) ?? []);
  return label === undefined ? managers : [label, ...managers];
}

/**
 * Whether an entry's fields become ours when the object is taken over: those that kubectl set, of owners that are gone,
 * and of a tool whose object is adopted. Else a field of theirs that the artifact does not have would stay for ever.
 */
export function isTakenOver(
  applier: Applier,
  { key }: Pick<Desired, 'key'>,
  metadata: KubeMetadata,
): (entry: ManagedFieldsEntry) => boolean {
  const own = fieldManagerOf(applier.ownerId);
  const adopted = applier.mayAdopt ? reconcilersOf(metadata, own) : [];
  return ({ manager = '', operation, subresource = '' }) => {
    if (subresource !== '') return false;
    if (adopted.some(({ managers }) => managers.has(manager)) || manager.startsWith('kubectl')) return true;
    if (operation === 'Update') return manager.startsWith('before-first-apply') || manager === own;
    const claim = ownerIdOfManager(manager);
    return claim !== undefined && claim !== applier.ownerId && !applier.isLiveOwner(claim, key);
  };
}

function reconcilersOf(metadata: KubeMetadata, own: string): readonly Reconciler[] {
  const hasMark = (member: 'labels' | 'annotations', key: RegExp): boolean =>
    Object.keys(metadata[member] ?? {}).some(
      (name) => key.test(name) && !isOursAlone(metadata, own, [member, name]),
    );
  return reconcilers.filter(
    ({ labels, annotations }) => hasMark('labels', labels) || hasMark('annotations', annotations),
  );
}

/** A mark that stands in the artifact is written by us; nobody reconciles the object by it. */
function isOursAlone(
  { managedFields = [] }: KubeMetadata,
  own: string,
  [member, name]: readonly ['labels' | 'annotations', string],
): boolean {
  const holders = managedFields.filter(({ fieldsV1 }) => {
    const marks = memberOf(memberOf(fieldsV1, 'f:metadata'), `f:${member}`);
    return memberOf(marks, `f:${name}`) !== undefined;
  });
  return (
    holders.length > 0 && holders.every(({ manager, operation }) => manager === own && operation === 'Apply')
  );
}

function memberOf(value: unknown, name: string): unknown {
  return isFieldSet(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}
