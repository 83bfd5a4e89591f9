// Shell scripts that stand in for binaries and for Go: these tests are about the locator only.
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { componentFolder, type Environment, writeManifest } from '../../components/cache.ts';
import { type ComponentName, components } from '../../components/components.ts';

export const printedVersions: Readonly<Record<ComponentName, (version: string) => string>> = {
  etcd: (version) => `etcd Version: ${version}\nGit SHA: none`,
  'kube-apiserver': (version) => `Kubernetes v${version}`,
  'kube-controller-manager': (version) => `Kubernetes v${version}`,
  'kube-scheduler': (version) => `Kubernetes v${version}`,
  kwok: (version) => `kwok version v${version} go1.26.0`,
  crane: (version) => `v${version}`,
  cosign: (version) => `GitVersion:    v${version}`,
  'referrers-registry': (version) => `referrers-registry ${version}`,
  cosign2: (version) => `GitVersion:    v${version}`,
  fulcio: (version) => `GitVersion:    v${version}`,
  'timestamp-server': (version) => `timestamp-server ${version}`,
  'rekor-server': (version) => `GitVersion:    v${version}`,
  'yaml-oracle': (version) => `yaml-oracle ${version}`,
  'gateway-api': (version) => `gateway-api v${version}`,
  oras: (version) => `Version:    ${version}`,
  kustomize: (version) => `v${version}`,
  helm: (version) => `v${version}`,
  kubectl: (version) => `Client Version: v${version}`,
  conformance: (version) => `failed to load config: unsupported config version ${version}`,
  sops: (version) => `sops ${version}`,
  'age-keygen': (version) => `v${version}`,
  'envsubst-oracle': (version) => `envsubst-oracle ${version}`,
};

export async function writeScript(path: string, body: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
}

/** A binary that prints a version; returns its path. */
export async function writeFakeBinary(folder: string, name: ComponentName, version: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeScript(join(folder, name), `echo '${printedVersions[name](version)}'`);
  return join(folder, name);
}

/** Fills the cache with a fake as if it had been built; returns the path of the binary. */
export async function fillCache(
  environment: Environment,
  name: ComponentName,
  version = components[name].version,
): Promise<string> {
  const folder = await componentFolder(components[name], environment);
  const path = await writeFakeBinary(folder, name, version);
  await writeManifest(folder);
  return path;
}

export type FakeGo = {
  readonly version?: string;
  /** Shell text that runs before a build's output is written. */
  readonly beforeBuild?: string;
};

/** A `go` that "builds" crane and kwok and writes a line into the file `calls` for each build; returns its folder. */
export async function writeFakeGo(
  folder: string,
  { version = '1.26.3', beforeBuild = '' }: FakeGo = {},
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const body = `
case $1 in
  version) echo "go version go${version} linux/amd64" ;;
  list) echo '${folder}/module' ;;
  build)
    echo "$@" >> '${folder}/calls'
    ${beforeBuild}
    case $* in
      *kwok*) text='${printedVersions.kwok(components.kwok.version)}' ;;
      *) text='${printedVersions.crane(components.crane.version)}' ;;
    esac
    printf '#!/bin/sh\\necho "%s"\\n' "$text" > "$3"
    chmod +x "$3" ;;
esac`;
  await writeScript(join(folder, 'go'), body);
  return folder;
}
