// Runs a script of the project on Node 24 whatever node started this: installs the dependencies (Node 24 is one
// of them) when they are missing or older than the lockfile, then hands over. Plain JavaScript for old nodes.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const installed = join(root, 'node_modules', '.package-lock.json');
const bundledNode = join(root, 'node_modules', '.bin', 'node');
const minimum = [24, 12];

/** Whether node_modules holds what the lockfile asks for; npm touches its hidden lockfile at each install. */
function isInstalled() {
  if (!existsSync(installed)) return false;
  return statSync(installed).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs;
}

/**
 * By the lockfile, which stays as it is. Not `npm ci`: that refuses a lockfile without the optional packages of other
 * platforms, and a registry that does not carry those can't put them in.
 */
function install() {
  process.stderr.write('sealift: installing npm dependencies\n');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const result = spawnSync(npm, ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (result.status !== 0) {
    process.stderr.write('sealift: npm install failed; see its message above\n');
    process.exit(1);
  }
}

/** Node 24 from the dependencies, else the running node where that is new enough (systems without a packaged one). */
function findNode() {
  if (existsSync(bundledNode)) return bundledNode;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > minimum[0] || (major === minimum[0] && minor >= minimum[1])) return process.execPath;
  process.stderr.write(
    `sealift: needs Node ${minimum.join('.')} or newer; this is ${process.versions.node}, and npm has no node package for ${process.platform}-${process.arch}\n`,
  );
  return undefined;
}

if (!isInstalled()) install();
const node = findNode();
if (node === undefined) process.exit(1);
const child = spawn(node, process.argv.slice(2), { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = signal ? 1 : (code ?? 1);
});
