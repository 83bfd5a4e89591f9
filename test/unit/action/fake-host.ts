// A runner that remembers what it was told.
import type { Host } from '../../../action/shared/host.ts';

export type FakeHost = {
  readonly host: Host;
  /** What was said, in order: `info …`, `mask …`, `error TITLE FILE:LINE:COLUMN …`. */
  readonly log: string[];
  readonly outputs: Map<string, string>;
};

export function makeHost(inputs: Readonly<Record<string, string>>): FakeHost {
  const log: string[] = [];
  const outputs = new Map<string, string>();
  const host: Host = {
    input: (name) => inputs[name] ?? '',
    output: (name, value) => void outputs.set(name, value),
    mask: (secret) => void log.push(`mask ${secret}`),
    group: async (title, body) => {
      log.push(`group ${title}`);
      return body();
    },
    info: (line) => void log.push(`info ${line}`),
    list: (lines) => void log.push(...lines.map((line) => `info ${line}`)),
    warning: (message, place) => void log.push(['warning', place?.title, message].filter(Boolean).join(' ')),
    error: (message, { title, file, line, column }) => {
      log.push(`error ${[title, `${file ?? ''}:${line ?? ''}:${column ?? ''}`, message].join(' ')}`);
    },
    summary: async (markdown) => void log.push(`summary ${markdown}`),
  };
  return { host, log, outputs };
}
