// Members of a Secret's data that are whole encrypted files, as kustomize's generators make them of files that sops has
// encrypted: each is decrypted by the form that its name says, as Flux does.
import type { ParsedResource } from '../../resources/parse.ts';
import { formatIdentity, identityOf, type Resource } from '../../resources/resource.ts';
import { decryptGroup, mark, refused, refuseSealed, type Opening, type SopsDocument } from './decrypt.ts';
import { formatTakenApart, readMemberFile, readTakenApart, type Place } from './member-files.ts';
import { isSealed } from './sealed.ts';

/**
 * The objects with such members in clear.
 * @param opening absent where nothing is to be decrypted: then no member may be encrypted
 * @param secrets gets the texts that were encrypted
 * @throws ResourceError `NOT_DECRYPTED` with the file, the object and the member
 */
export function decryptMembers(
  parsed: readonly ParsedResource[],
  opening: Opening | undefined,
  secrets: Set<string>,
): readonly ParsedResource[] {
  const open = (documents: readonly SopsDocument[]): readonly unknown[] => {
    if (opening === undefined) return documents.map(refuseSealed);
    return decryptGroup(documents, opening, secrets).map(([, clear]) => clear);
  };
  return parsed.map((one) => {
    const { resource, location } = one;
    const members = membersOf(resource);
    if (members.length === 0) return one;
    const subject = `${formatIdentity(identityOf(resource))}: data`;
    const apart = readTakenApart(members, { location, subject });
    const clear =
      apart === undefined
        ? members.flatMap(([key, bytes]): readonly (readonly [string, string])[] => {
            const place = { location, subject: `${subject}.${key}` };
            const file = fileOf(key, bytes, place);
            if (file === undefined && hasMac(bytes))
              throw refused({ tree: undefined, value: undefined, ...place }, unreadable);
            return file === undefined ? [] : [[key, file.format(open(file.documents))]];
          })
        : formatTakenApart(open([apart])[0]);
    if (clear.length === 0) return one;
    const kept = apart === undefined ? resource['data'] : undefined;
    const data = {
      ...(typeof kept === 'object' ? kept : {}),
      ...Object.fromEntries(clear.map(([key, text]) => [key, Buffer.from(text).toString('base64')])),
    };
    return { location, resource: { ...resource, data } };
  });
}

const unreadable = 'is encrypted by sops, and not in a form that is read: YAML, JSON, .env, or one text';

/** Whether sops' mac stands in a text, whatever its form: ciphertext must not be taken for a value. */
function hasMac(bytes: Buffer): boolean {
  if (!bytes.includes(mark)) return false;
  return /(?:^|[\s"_{,])mac"?[\t ]{0,64}[:=][\t ]{0,64}["']?ENC\[AES256_GCM,/u.test(bytes.toString('latin1'));
}

/** Keys of the members of a Secret in which nothing stands in clear that sops was told to encrypt. */
export function sealedMembersOf(resource: Resource): ReadonlySet<string> {
  const members = membersOf(resource);
  const place = { location: { file: '.' } };
  const apart = readTakenApart(members, place);
  if (apart !== undefined) return new Set(isSealed(apart) ? members.map(([key]) => key) : []);
  const sealed = members.filter(([key, bytes]) => fileOf(key, bytes, place)?.documents.every(isSealed));
  return new Set(sealed.map(([key]) => key));
}

function fileOf(key: string, bytes: Buffer, place: Place): ReturnType<typeof readMemberFile> {
  return bytes.includes(mark) ? readMemberFile(key, bytes, place) : undefined;
}

function membersOf({ apiVersion, kind, ...resource }: Resource): readonly (readonly [string, Buffer])[] {
  const data = resource['data'];
  const isSecret = apiVersion === 'v1' && kind === 'Secret';
  if (!isSecret || typeof data !== 'object' || data === null) return [];
  return Object.entries(data).flatMap(([key, value]: [string, unknown]) =>
    typeof value === 'string' ? [[key, Buffer.from(value, 'base64')] as const] : [],
  );
}
