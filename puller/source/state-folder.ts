// The promotions that this installation accepted, kept on its own volume as well: a restored etcd or a deleted
// PromotionRecord must not open the way back ("rollback by restore"). A file that can't be read refuses, it never allows.
import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promotionRecordSpecSchema, type PromotionRecordSpec } from '../../src/api/promotion-record.ts';
import { InputError, errorMessageOf } from '../../src/errors.ts';

export type StateFolder = {
  /** What was kept last under a record's name, or why that can't be told. */
  get(name: string): PromotionRecordSpec | 'unreadable' | undefined;
  /** Keeps a record; resolves once it is on the disk. */
  put(name: string, spec: PromotionRecordSpec): Promise<void>;
};

/** Files of a folder that are read. */
const maxFiles = 10_000;
const maxFileBytes = 16_384;
const suffix = '.promotion.json';

/** Without a volume nothing is remembered but in the cluster. */
export const noState: StateFolder = { get: () => undefined, put: async () => undefined };

/**
 * Opens the folder and reads what is kept in it.
 * @throws InputError `FILE_UNREADABLE` where the folder can't be used
 */
export async function openStateFolder(folder: string): Promise<StateFolder> {
  const kept = new Map<string, PromotionRecordSpec | 'unreadable'>();
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const files = (await readdir(folder)).filter((file) => file.endsWith(suffix));
    if (files.length > maxFiles) throw new Error(`it holds more than ${maxFiles} records`);
    for (const file of files) {
      kept.set(file.slice(0, -suffix.length), await readRecord(join(folder, file)));
    }
  } catch (cause) {
    throw new InputError(
      'FILE_UNREADABLE',
      `state folder ${folder} can not be used: ${errorMessageOf(cause)}`,
      {
        cause,
        hint: 'Mount a volume there that this process may write.',
      },
    );
  }
  let last: Promise<void> = Promise.resolve();
  return {
    get: (name) => kept.get(name),
    put: (name, spec) => {
      // One after the other: two writers of one file could leave the older.
      last = last
        .catch(() => undefined)
        .then(async () => {
          await writeDurably(folder, `${name}${suffix}`, JSON.stringify(spec));
          kept.set(name, spec);
        });
      return last;
    },
  };
}

async function readRecord(path: string): Promise<PromotionRecordSpec | 'unreadable'> {
  const bytes = await readFile(path);
  if (bytes.byteLength > maxFileBytes) return 'unreadable';
  try {
    return promotionRecordSpecSchema.parse(JSON.parse(bytes.toString('utf8')));
  } catch {
    return 'unreadable';
  }
}

/** Renamed into place once it is on the disk, so that a power cut leaves the old one or the new one. */
async function writeDurably(folder: string, name: string, text: string): Promise<void> {
  const path = join(folder, name);
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  const directory = await open(folder, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
