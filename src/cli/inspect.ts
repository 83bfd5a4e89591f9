// sealift inspect: what a manifest is made of and what is attached to it, as the store says it.
import type { Descriptor } from '../oci/descriptor.ts';
import { inspect, type Inspected } from '../operations/inspect.ts';
import { outputOptions, parseFormat, parseVerb, takePositionals } from './arguments.ts';
import { formatPlace, parseLocation, requireWanted } from './location.ts';
import { formatBytes } from './progress.ts';
import { registryOptions } from './registries.ts';
import { openSource } from './stores.ts';
import type { World } from './world.ts';

export async function runInspect(args: readonly string[], world: World): Promise<void> {
  const { values, positionals } = parseVerb(args, {
    raw: { type: 'boolean', default: false },
    ...registryOptions,
    ...outputOptions,
  });
  const format = parseFormat(values.output);
  const location = parseLocation(takePositionals(positionals, 'LOCATION')[0]);
  const wanted = requireWanted(location);
  const { source, close } = await openSource(location, values, world);
  try {
    if (values.raw) {
      const { bytes } = await source.resolve(wanted, world.signal);
      world.stdout(bytes);
      return;
    }
    const inspected = await inspect(source, wanted, world.signal);
    if (format === 'json') world.stdout(`${JSON.stringify(toJson(formatPlace(location), inspected))}\n`);
    else for (const line of describe(inspected)) world.stdout(`${line}\n`);
  } finally {
    await close();
  }
}

function toJson(place: string, inspected: Inspected): object {
  const { manifest, artifactType, subject, ...others } = inspected;
  const { mediaType, digest, size } = manifest.descriptor;
  return {
    reference: `${place}@${digest}`,
    digest,
    mediaType,
    size,
    artifactType: artifactType ?? null,
    subject: subject ?? null,
    ...others,
  };
}

function describe(inspected: Inspected): string[] {
  const { manifest, annotations, blobs, manifests, subject, referrers, attachedTags } = inspected;
  return [
    formatDescriptor('manifest', manifest.descriptor),
    ...Object.entries(annotations).map(([key, value]) =>
      row('annotation', `${oneLine(key)}=${oneLine(value)}`),
    ),
    ...blobs.map((blob, index) => formatDescriptor(index === 0 ? 'config' : 'layer', blob)),
    ...manifests.map((listed) => formatDescriptor('lists', listed)),
    ...(subject === undefined ? [] : [formatDescriptor('subject', subject)]),
    ...referrers.map((referrer) => formatDescriptor('referrer', referrer)),
    ...attachedTags.map(({ tag, digest }) => row('tag', `${oneLine(tag)} ${digest}`)),
  ];
}

function formatDescriptor(role: string, { mediaType, artifactType, digest, size }: Descriptor): string {
  return row(role, `${digest} ${oneLine(artifactType ?? mediaType)} ${formatBytes(size)}`);
}

/** Quoted where it could look like a line of ours. */
function oneLine(text: string): string {
  return /\p{Cc}/u.test(text) ? JSON.stringify(text) : text;
}

function row(role: string, text: string): string {
  return `${role.padEnd(10)} ${text}`;
}
