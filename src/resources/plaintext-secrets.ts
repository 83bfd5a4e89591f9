// Secrets whose values anyone could read who may read the artifact. They are refused at publish unless that is allowed;
// what sops has encrypted is fine, and so are the kinds that stand for Secrets elsewhere (SealedSecret, ExternalSecret).
// A Secret's fields go by a list of those that hold no value: a misspelt `stringdata` leaks as much as the right one.
import { FailuresError, ResourceError } from '../errors.ts';
import { resourceLimits } from '../limits.ts';
import { isSecret, objectAnnotationsOf, valueFieldsOf } from './mask.ts';
import { locateFields, type ParsedResource } from './parse.ts';
import { formatIdentity, identityOf, type Resource } from './resource.ts';
import type { SourceFile } from './validate.ts';

/** Where a Secret's own values stand, by key; in other fields all is plain text. */
const dataFields: ReadonlySet<string> = new Set(['data', 'stringData']);
/** What sops writes in place of a value. */
const encrypted =
  /^ENC\[[A-Z0-9_]+,data:[A-Za-z0-9+/=]*,iv:[A-Za-z0-9+/=]+,tag:[A-Za-z0-9+/=]+,type:[a-z]+\]$/u;
const hint =
  'Publish a SealedSecret or an ExternalSecret instead, or make the Secret at the site. What sops has encrypted passes, ' +
  'but only for a consumer that decrypts it: Flux, or a Delivery with spec.decryption. ' +
  'To allow it: --allow-plaintext-secrets of the command, secrets: allow of the action.';

/** Keys of the members of a Secret's data that are whole encrypted files. */
export type SealedMembers = (secret: Resource) => ReadonlySet<string>;

/**
 * Refuses Secrets with plain text.
 * @throws FailuresError of ResourceError `SECRET_PLAINTEXT`
 */
export function refusePlaintextSecrets(
  files: readonly SourceFile[],
  resources: readonly ParsedResource[],
  sealedMembers: SealedMembers,
): void {
  const [first, ...rest] = findPlaintextSecrets(files, resources, sealedMembers);
  if (first === undefined) return;
  const count = rest.length + 1;
  throw new FailuresError([first, ...rest], `${count} Secret${count === 1 ? '' : 's'} in plain text`);
}

/** One problem for each Secret with plain text, at the first such key, up to a limit. */
export function findPlaintextSecrets(
  files: readonly SourceFile[],
  resources: readonly ParsedResource[],
  sealedMembers: SealedMembers,
): readonly ResourceError[] {
  const found = resources
    .filter(({ resource }) => isSecret(resource))
    .flatMap(({ resource, location }) => {
      const [first, ...others] = plaintextFields(resource, sealedMembers(resource));
      return first === undefined ? [] : [{ resource, location, path: first, more: others.length }];
    })
    .slice(0, resourceLimits.problems);
  return files.flatMap(({ path: file, bytes }) => {
    const here = found.filter(({ location }) => location.file === file);
    if (here.length === 0) return [];
    const places = locateFields(file, bytes, here);
    return here.map(({ resource, location, path, more }, index) => {
      const rest = more === 0 ? '' : ` and ${more} more`;
      const name = formatIdentity(identityOf(resource));
      const message = `${name} has plain text in ${path.join('.')}${rest}`;
      return new ResourceError('SECRET_PLAINTEXT', message, places[index] ?? location, { hint });
    });
  });
}

/** Paths of the values that are neither empty nor encrypted. */
function plaintextFields(resource: Resource, sealed: ReadonlySet<string>): readonly (readonly string[])[] {
  const isSealed = hasSopsMac(resource);
  const fields = valueFieldsOf(resource).flatMap((field) => {
    const values = resource[field];
    if (isEmpty(values)) return [];
    if (!isMap(values) || !dataFields.has(field)) return [[field]];
    const passed = field === 'data' ? sealed : new Set();
    return Object.entries(values)
      .filter(([key]) => !passed.has(key))
      .filter(([, value]) => !isEmpty(value) && !(isSealed && isEncrypted(value)) && !isVariable(value))
      .map(([key]) => [field, key]);
  });
  // sops encrypts no metadata.
  const annotations = objectAnnotationsOf(resource)
    .filter((key) => !isEmpty(resource.metadata.annotations?.[key]))
    .map((key) => ['metadata', 'annotations', key]);
  return [...fields, ...annotations];
}

/** Without sops' own block with its mac nothing could decrypt the values: they are text that looks like it. */
function hasSopsMac(resource: Resource): boolean {
  const sops = resource['sops'];
  return isMap(sops) && isEncrypted(sops['mac']);
}

function isEncrypted(value: unknown): boolean {
  return typeof value === 'string' && encrypted.test(value);
}

/** Nothing but variables without a default: what they stand for is in the cluster. */
function isVariable(value: unknown): boolean {
  return typeof value === 'string' && /^(?:\$\{[A-Za-z_][A-Za-z0-9_]*\})+$/u.test(value);
}

/** sops leaves empty text as it is. */
function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
