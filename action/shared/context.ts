// The workflow run as its environment tells it. Read by entry files and handed on.
import { isAbsolute } from 'node:path';
import { InputError } from '../../src/errors.ts';

/** Facts about the run; a missing one is undefined. */
export type RunContext = {
  /** Absolute path of the checkout. */
  readonly workspace: string;
  /** `https://github.com`, or a GitHub Enterprise Server. */
  readonly serverUrl: string | undefined;
  /** `owner/name` */
  readonly repository: string | undefined;
  readonly refName: string | undefined;
  readonly refType: string | undefined;
  readonly commit: string | undefined;
  /** File with the event's payload. */
  readonly eventPath: string | undefined;
};

/** @throws InputError `INPUT_MISSING` outside of a workflow */
export function readContext(env: Readonly<Record<string, string | undefined>>): RunContext {
  const read = (name: string): string | undefined => {
    const value = env[`GITHUB_${name}`];
    return value === '' ? undefined : value;
  };
  const workspace = read('WORKSPACE');
  if (workspace === undefined || !isAbsolute(workspace)) {
    throw new InputError('INPUT_MISSING', 'environment variable GITHUB_WORKSPACE names no directory', {
      hint: 'This is an action: it runs in a step of a workflow. Outside of one, use the sealift command.',
    });
  }
  return {
    workspace,
    serverUrl: read('SERVER_URL'),
    repository: read('REPOSITORY'),
    refName: read('REF_NAME'),
    refType: read('REF_TYPE'),
    commit: read('SHA'),
    eventPath: read('EVENT_PATH'),
  };
}
