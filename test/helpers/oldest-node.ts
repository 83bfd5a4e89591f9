// The oldest Node 24 that a runner ships which knows node24: 2.327.0 brought 24.4.0. test/oldest-node pins it, and is a
// workspace, so that installing the dependencies brings it and links no second `node`.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const { platform, arch } = process;

export const oldestNode = {
  version: 'v24.4.0',
  path: join(import.meta.dirname, `../oldest-node/node_modules/node-${platform}-${arch}/bin/node`),
} as const;

/** Why it can't be run here; on Linux on x64, where CI runs, that is no reason to leave a test out. */
export const noOldestNode: string | false =
  existsSync(oldestNode.path) || (platform === 'linux' && arch === 'x64')
    ? false
    : `npm has no node ${oldestNode.version} for ${platform}-${arch}, or the dependencies are not installed`;
