// The resources of an accepted artifact as the puller keeps them for as long as it runs: as they are while they are
// applied, compressed from then on. A fleet's resources as objects would take ten times the memory.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { pullerLimits } from '../../src/limits.ts';
import type { Resource } from '../../src/resources/resource.ts';
import { ownBytes } from './own-bytes.ts';

export type StoredResources = {
  /** All of them, in the artifact's order. */
  all(): readonly Resource[];
  /** The one at an index of {@link all}. */
  at(index: number): Resource;
  /** From its end on they are kept compressed. */
  pack(): Promise<void>;
};

/** Resources of one artifact that were compressed together; their first index. */
type Pack = { readonly first: number; readonly bytes: Buffer };

/** The usual window takes more time and memory to set up than such small texts need. */
const window = { level: 6, windowBits: 13, memLevel: 5 } as const;

export function storeResources(resources: readonly Resource[]): StoredResources {
  let whole: readonly Resource[] | undefined = resources;
  let packs: readonly Pack[] = [];
  /** Repairs come in bursts, most often of neighbours. */
  let latest: { readonly pack: Pack; readonly resources: WeakRef<readonly Resource[]> } | undefined;
  let packing: Promise<void> | undefined;

  function open(pack: Pack): readonly Resource[] {
    const known = latest?.pack === pack ? latest.resources.deref() : undefined;
    if (known !== undefined) return known;
    const opened = JSON.parse(inflateRawSync(pack.bytes).toString('utf8')) as readonly Resource[]; // written by packAll
    latest = { pack, resources: new WeakRef(opened) };
    return opened;
  }

  return {
    all: () => whole ?? packs.flatMap(open),
    at: (index) => {
      const pack = packs.findLast(({ first }) => first <= index);
      const resource = whole?.[index] ?? (pack && open(pack)[index - pack.first]);
      if (resource === undefined) throw new RangeError(`there is no resource ${index}`);
      return resource;
    },
    pack: async () => {
      if (whole === undefined) return;
      packing ??= packAll(whole).then((packed) => {
        packs = packed;
        whole = undefined;
      });
      await packing;
    },
  };
}

async function packAll(resources: readonly Resource[]): Promise<readonly Pack[]> {
  const packs: Pack[] = [];
  let texts: string[] = [];
  let length = 0;
  for (const [index, resource] of resources.entries()) {
    const text = JSON.stringify(resource);
    texts.push(text);
    length += text.length;
    const isLast = index === resources.length - 1;
    if (length < pullerLimits.packLength && !isLast) continue;
    const packed = deflateRawSync(`[${texts.join(',')}]`, window);
    packs.push({ first: index + 1 - texts.length, bytes: ownBytes(packed) });
    texts = [];
    length = 0;
    if (!isLast) await nextTurn();
  }
  return packs;
}
