// Everything that was ever stored, in its order, straight from etcd: no watch of the API server sees what comes and goes
// while it is down. Built-in kinds are stored as protobuf, in which strings stand as they are; ours are JSON.
import { errorMessageOf } from '../../../src/errors.ts';
import * as z from 'zod';

/** One write of one key. */
export type Stored = {
  readonly revision: number;
  /** Below the prefix of the control plane, such as `configmaps/NAMESPACE/NAME`. */
  readonly key: string;
  /** The stored bytes as latin1, or undefined where the object was deleted. */
  readonly text: string | undefined;
};

export type EtcdHistory = {
  /** In the order of their revisions. */
  stored(): readonly Stored[];
  /** The present revision. */
  revision(): Promise<number>;
  /** Forgets every revision before the present one. */
  compact(): Promise<void>;
  /** Throws where the history has a gap. */
  assertWhole(): void;
  close(): void;
};

const messageSchema = z.object({
  result: z.object({
    canceled: z.boolean().optional(),
    events: z
      .array(
        z.object({
          type: z.string().optional(),
          kv: z.object({ key: z.string(), value: z.string().optional(), mod_revision: z.string() }),
        }),
      )
      .optional(),
  }),
});
const statusSchema = z.object({ header: z.object({ revision: z.string() }) });

const toBase64 = (text: string): string => Buffer.from(text).toString('base64');

/** Follows an etcd that one control plane has for itself, from its first revision on. */
export async function followEtcd(endpoint: string): Promise<EtcdHistory> {
  const post = (path: string, body: object, signal?: AbortSignal): Promise<Response> =>
    fetch(new URL(path, endpoint), {
      method: 'POST',
      body: JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    });
  const ending = new AbortController();
  const stored: Stored[] = [];
  let gap: string | undefined;
  const range = { key: toBase64('/'), range_end: toBase64('0'), start_revision: '1' };
  const answer = await post('/v3/watch', { create_request: range }, ending.signal);

  const read = async (): Promise<void> => {
    let rest = '';
    for await (const chunk of answer.body ?? []) {
      const lines = (rest + Buffer.from(chunk).toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const { result } = messageSchema.parse(JSON.parse(line));
        if (result.canceled === true) gap = line;
        for (const { type, kv } of result.events ?? []) {
          const [, , ...path] = Buffer.from(kv.key, 'base64').toString('utf8').split('/');
          const text =
            type === 'DELETE' ? undefined : Buffer.from(kv.value ?? '', 'base64').toString('latin1');
          stored.push({ revision: Number(kv.mod_revision), key: path.join('/'), text });
        }
      }
    }
    gap ??= 'the stream has ended';
  };
  read().catch((error: unknown) => {
    gap = errorMessageOf(error);
  });
  const revision = async (): Promise<number> => {
    const status = await post('/v3/maintenance/status', {});
    return Number(statusSchema.parse(await status.json()).header.revision);
  };
  return {
    stored: () => stored,
    revision,
    compact: async () => {
      await post('/v3/kv/compaction', { revision: `${await revision()}`, physical: true });
    },
    assertWhole: () => {
      if (gap !== undefined) throw new Error(`the history of etcd has a gap: ${gap.slice(0, 300)}`);
    },
    close: () => ending.abort(),
  };
}
