// sealift copy: artifacts with all that is attached to them, from one location to another.
import { copyGraph, type CopyReport, type CopyRoot } from '../copy/copy.ts';
import type { OnProgress } from '../copy/tally.ts';
import { InputError } from '../errors.ts';
import { parseAttachedTag } from '../oci/attached-tags.ts';
import type { ContentSource } from '../oci/content-store.ts';
import { outputOptions, parseFormat, parseVerb, takePositionals } from './arguments.ts';
import { keepHeapSmall } from './heap.ts';
import { formatPlace, parseLocation, registriesOf, requireWanted, type Location } from './location.ts';
import { printResult } from './output.ts';
import { formatBytes, startProgress, type Progress } from './progress.ts';
import { openConnections, registryOptions } from './registries.ts';
import { openSourceWith, openTargetWith } from './stores.ts';
import type { World } from './world.ts';

export async function runCopy(args: readonly string[], world: World): Promise<void> {
  const { values, positionals } = parseVerb(args, {
    'all-tags': { type: 'boolean', default: false },
    'without-referrers': { type: 'boolean', default: false },
    ...registryOptions,
    ...outputOptions,
  });
  const format = parseFormat(values.output);
  const [from, to] = takePositionals(positionals, 'LOCATION', 'LOCATION').map(parseLocation);
  if (from === undefined || to === undefined) throw new TypeError('two positionals are there');
  assertNames(from, to, values['all-tags']);
  const [registry, ...others] = registriesOf(from, to);
  keepHeapSmall();
  const connections =
    registry === undefined
      ? undefined
      : await openConnections(values, world, others.length > 0 ? undefined : registry);
  const progress = startProgress('copying', world);
  try {
    const { source, close: closeSource } = await openSourceWith(from, values, connections);
    try {
      // Before the target is made: a name that is not there must leave no empty layout behind.
      const roots = values['all-tags']
        ? await rootsOfAll(source, world.signal)
        : [await rootOf(source, from, to, world.signal)];
      const { target, close, abort } = await openTargetWith(to, values, connections);
      let report: CopyReport;
      try {
        report = await copyGraph({
          source,
          target,
          roots,
          isOfAllTags: values['all-tags'],
          withReferrers: !values['without-referrers'],
          signal: world.signal,
          onProgress: follow(progress),
        });
        await close();
      } catch (error) {
        await abort();
        throw error;
      }
      progress.end();
      printReport(report, { from, to, isOne: !values['all-tags'], format }, world);
    } finally {
      await closeSource();
    }
  } finally {
    progress.end();
    connections?.close();
  }
}

/** @throws InputError */
function assertNames(from: Location, to: Location, isAll: boolean): void {
  const hasName = (location: Location): boolean => Object.keys(location.wanted).length > 0;
  if (isAll && (hasName(from) || hasName(to)))
    throw new InputError('INPUT_CONFLICT', '--all-tags, and a location with a tag or a digest');
  if (to.wanted.digest !== undefined)
    throw new InputError('INPUT_INVALID', 'a copy can not choose its digest: the second location has one', {
      hint: 'It keeps the digest that it has.',
    });
}

/** What one location names, under the same tag unless the other names one. */
async function rootOf(
  source: ContentSource,
  from: Location,
  to: Location,
  signal: AbortSignal,
): Promise<CopyRoot> {
  const tag = to.wanted.tag ?? from.wanted.tag;
  // Resolved once: a tag that moves meanwhile must not mix two artifacts.
  const { descriptor } = await source.resolve(requireWanted(from), signal);
  return { name: descriptor.digest, tags: tag === undefined ? [] : [tag] };
}

async function rootsOfAll(source: ContentSource, signal: AbortSignal): Promise<readonly CopyRoot[]> {
  const tags = (await source.tags(signal)).filter((tag) => parseAttachedTag(tag) === undefined);
  if (tags.length === 0) throw new InputError('INPUT_INVALID', 'there is no tag to copy');
  return tags.map((tag) => ({ name: tag, tags: [tag] }));
}

/** Events of one thing at a time to the sums that are shown. */
function follow(progress: Progress): OnProgress {
  const underWay = new Map<string, number>();
  let [totalBytes, totalThings, doneBytes, things] = [0, 0, 0, 0];
  return ({ kind, descriptor, bytes }) => {
    if (kind === 'found') {
      totalBytes += bytes;
      totalThings += 1;
    } else if (kind === 'bytes') {
      doneBytes += bytes - (underWay.get(descriptor.digest) ?? 0);
      underWay.set(descriptor.digest, bytes);
    } else if (kind !== 'start') {
      doneBytes += descriptor.size - (underWay.get(descriptor.digest) ?? 0);
      underWay.delete(descriptor.digest);
      things += 1;
    }
    progress.show({ bytes: doneBytes, totalBytes, things, totalThings });
  };
}

type Printed = {
  readonly from: Location;
  readonly to: Location;
  readonly isOne: boolean;
  readonly format: 'text' | 'json';
};

function printReport(report: CopyReport, { from, to, isOne, format }: Printed, world: World): void {
  const { copied, mounted, skipped, absent, roots, referrers, attachedTags } = report;
  const words = [
    `copied ${copied.count} (${formatBytes(copied.bytes)})`,
    ...(mounted.count > 0 ? [`mounted ${mounted.count}`] : []),
    ...(absent.count > 0 ? [`left out ${absent.count} that may not be distributed`] : []),
    `${skipped.count} were there`,
    `${referrers} referrers`,
  ];
  world.stderr(`${words.join(', ')}\n`);
  const first = roots[0]?.descriptor.digest;
  printResult(world, format, {
    line: isOne && first !== undefined ? first : `${roots.length}`,
    data: {
      source: formatPlace(from),
      target: formatPlace(to),
      artifacts: roots.map(({ tags, descriptor }) => ({ digest: descriptor.digest, tags })),
      referrers,
      attachedTags,
      copied,
      mounted,
      skipped,
      absent,
    },
  });
}
