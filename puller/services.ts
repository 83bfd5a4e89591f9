// What the parts of the puller share; made once in puller.ts.
import type { Delivery } from '../src/api/delivery.ts';
import type { Discovery } from '../src/kube/discovery.ts';
import type { KubeClient } from '../src/kube/request.ts';
import type { ContentSource } from '../src/oci/content-store.ts';
import type { CompiledPolicy } from '../src/trust/compiled-policy.ts';
import type { SourceUrl } from '../src/trust/source-url.ts';
import type { CustomHealth } from './reconcile/custom-health.ts';
import type { Dependencies } from './reconcile/dependencies.ts';
import type { Keeper } from './reconcile/keeper.ts';
import type { KindWatches } from './reconcile/kind-watches.ts';
import type { NamedObjects } from './reconcile/named-objects.ts';
import type { RecordStore } from './reconcile/record-store.ts';
import type { Runtime } from './reconcile/runtime.ts';
import type { Log } from './log.ts';
import type { ArtifactStore } from './source/artifact-store.ts';
import type { ValueSource } from './source/values.ts';
import type { PromotionRecords } from './source/promotion-records.ts';

/** A repository as the puller reads it. */
export type Source = ContentSource & {
  /** @param known the digest that it showed before, which makes the answer cheap where it still does */
  peek(tag: string, signal?: AbortSignal, known?: string): Promise<string | undefined>;
  /** Lets go of what is open; it may be called again, and whoever reads afterwards opens it anew. */
  close?(): Promise<void>;
};

export type Services = {
  readonly client: KubeClient;
  readonly discovery: Discovery;
  readonly keeper: Keeper;
  readonly watches: KindWatches;
  readonly promotions: PromotionRecords;
  readonly recordStore: RecordStore;
  readonly policies: () => readonly CompiledPolicy[];
  /** Whether a source that no policy matches is taken as it is. */
  readonly mayBeUnverified: boolean;
  /** The repository of a Delivery's source; `isFresh` reads its Secrets again. */
  readonly openSource: (delivery: Delivery, url: SourceUrl, isFresh: boolean) => Source;
  /** What a Delivery's ConfigMaps and Secrets give, read as its account; `hashKey` is its record's. */
  readonly valuesFor: (delivery: Delivery, hashKey: string) => ValueSource;
  /** Whether an owner id is that of a Delivery that exists. */
  readonly isLiveOwner: (ownerId: string) => boolean;
  /** What is known of an owner's Delivery, if it exists. */
  readonly runtimeOf: (ownerId: string) => Runtime | undefined;
  /** Whether this process still leads: asked before each write to the cluster. */
  readonly mayWrite: () => boolean;
  readonly pullerNamespace: string;
  /** Which Deliveries wait for which. */
  readonly dependencies: Dependencies;
  /** Health by Deliveries' own expressions, and of objects that they only name. */
  readonly customHealth: CustomHealth;
  readonly namedObjects: NamedObjects;
  /** Makes the status be computed, and written where it differs. */
  readonly touch: (runtime: Runtime) => void;
  /** Tells people through an Event of the Delivery. */
  readonly tell: (runtime: Runtime, type: 'Normal' | 'Warning', reason: string, note: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Monotonic milliseconds. */
  readonly monotonic: () => number;
  /** Verified artifacts on the puller's volume; absent without one. */
  readonly artifacts?: ArtifactStore | undefined;
  /** Takes in how a Delivery's objects are now: its health, and how what it applied has fared. */
  readonly assess: (runtime: Runtime) => void;
  /** Ends this process's term: something broke that nothing can go on without. */
  readonly fail: (error: unknown) => void;
  readonly log: Log;
  readonly signal: AbortSignal;
};
