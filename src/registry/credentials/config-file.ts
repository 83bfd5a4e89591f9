// Files with credentials: docker's config.json and containers' auth.json. docker asks the helper that is named for the
// registry (`credHelpers`), else the one for all (`credsStore`), and looks into `auths` only where neither is named;
// podman and its kin know no `credsStore`.
import * as z from 'zod';
import { RegistryError } from '../../errors.ts';
import { entriesSchema, keyOf } from './entries.ts';
import { getFromHelper, isHelperName } from './helper.ts';
import { foundIn, type CredentialSource, type Look, type Place } from './keychain.ts';
import { lookInto, parseJson } from './look-into.ts';
import type { CredentialWorld } from './world.ts';

/** Which tool's rules a file follows. */
export type FileKind = 'docker config.json' | 'containers auth.json';

/** What of such a file is of interest; other members are left alone. */
export const configSchema = z.object({
  auths: entriesSchema.nullish(),
  credHelpers: z.record(z.string(), z.string()).nullish(),
  credsStore: z.string().nullish(),
});

export type ConfigFile = z.infer<typeof configSchema>;

export type FileOptions = {
  readonly kind: FileKind;
  readonly path: string;
  /** In words: how it came that this file is looked at, where it is not the usual one. */
  readonly why?: string;
  /** Whether the user named it: then it must be readable, if it is there. */
  readonly isNamed?: boolean;
  readonly world: CredentialWorld;
};

/** A file as a source of credentials; it is read anew each time. */
export function fileSource(options: FileOptions): CredentialSource {
  const source = describeFile(options);
  return {
    look: async (place, signal) => {
      const bytes = await options.world.readFile(options.path);
      if (bytes === 'not allowed' && options.isNamed === true) {
        throw new RegistryError('CREDENTIALS_INVALID', `${source} may not be read`, {
          hint: 'See to whom the file belongs.',
        });
      }
      if (bytes === 'missing') return { source, words: 'no such file' };
      if (bytes === 'not allowed') return { source, words: 'may not be read' };
      const file = parseConfig(bytes, source);
      const helper = helperOf(file, place, options.kind);
      if (helper === undefined) return lookInto(file.auths ?? {}, place, source);
      return lookWith(helper, { place, source, world: options.world, signal });
    },
  };
}

/** In words: kind, path, and why this one. */
export function describeFile({ kind, path, why }: Pick<FileOptions, 'kind' | 'path' | 'why'>): string {
  return `${why ?? kind} (${path})`;
}

/**
 * Reads such a file.
 * @param source in words
 * @throws RegistryError `CREDENTIALS_INVALID`
 */
export function parseConfig(bytes: Uint8Array, source: string): ConfigFile {
  return parseJson(bytes, source, configSchema);
}

/** The helper that a file names for a registry; an empty name means `auths`, as docker has it. */
export function helperOf(
  { credHelpers, credsStore }: Pick<ConfigFile, 'credHelpers' | 'credsStore'>,
  { registry }: Place,
  kind: FileKind,
): string | undefined {
  const named = Object.entries(credHelpers ?? {}).find(
    ([key]) => key === keyOf(registry) || key === registry,
  );
  const common = kind === 'docker config.json' ? credsStore : undefined;
  const helper = named?.[1] ?? common ?? '';
  return helper === '' ? undefined : helper;
}

type HelperLook = {
  readonly place: Place;
  readonly source: string;
  readonly world: CredentialWorld;
  readonly signal: AbortSignal | undefined;
};

async function lookWith(name: string, { place, source, world, signal }: HelperLook): Promise<Look> {
  assertHelperName(name, source);
  const key = keyOf(place.registry);
  const credential = await getFromHelper({ name, run: world.runHelper, key, signal });
  const helper = `docker-credential-${name}, named in ${source}`;
  if (credential === undefined) return { source: helper, words: 'nothing for this registry' };
  return foundIn(helper, credential);
}

/** @throws RegistryError `CREDENTIALS_INVALID` */
export function assertHelperName(name: string, source: string): void {
  if (isHelperName(name)) return;
  throw new RegistryError(
    'CREDENTIALS_INVALID',
    `${source} names a credential helper ${JSON.stringify(name.slice(0, 80))}, which is no such name`,
  );
}
