// The table of the programs that tests and the demo need: which pinned Go module each is built from, with which
// flags, and how a binary proves its version. A folder beside this file holds the go.mod and go.sum of each module.
import { join } from 'node:path';

export type ComponentName =
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'etcd'
  | 'kwok'
  | 'crane'
  | 'referrers-registry'
  | 'cosign'
  | 'cosign2'
  | 'fulcio'
  | 'timestamp-server'
  | 'rekor-server'
  | 'yaml-oracle'
  | 'gateway-api'
  | 'oras'
  | 'kustomize'
  | 'helm'
  | 'kubectl'
  | 'conformance'
  | 'sops'
  | 'age-keygen'
  | 'envsubst-oracle';

export type Component = {
  readonly name: ComponentName;
  /** Folder with the go.mod and go.sum that pin it. */
  readonly moduleFolder: string;
  readonly package: string;
  readonly ldflags: string;
  readonly version: string;
  /** Arguments that make it print its version, and where the version stands in the output. */
  readonly versionArguments: readonly string[];
  readonly versionPattern: RegExp;
  /** Environment that goes with those arguments. */
  readonly versionEnvironment?: Readonly<Record<string, string>>;
  /** How long a build with an empty Go cache took on two shared cores. */
  readonly buildTime: string;
  /** Which versions are taken from KUBEBUILDER_ASSETS; without this it is never looked for there. */
  readonly assets?: { readonly wanted: string; readonly pattern: RegExp };
  /** Text files of the Go module that are joined into one file beside the binary. */
  readonly companion?: CompanionFile;
};

export type CompanionFile = {
  readonly name: string;
  readonly module: string;
  readonly parts: readonly string[];
  readonly separator: string;
};

const strip = '-s -w';
const kubernetesVersion = '1.36.3';
const helmVersion = '3.22.0';
const conformanceVersion = '0.0.0-20260831232431-97274622c111';
const versionPackage = 'k8s.io/component-base/version';

function kubernetes(name: Extract<ComponentName, `kube-${string}`>, buildTime: string): Component {
  return {
    name,
    moduleFolder: join(import.meta.dirname, 'kubernetes'),
    package: `k8s.io/kubernetes/cmd/${name}`,
    // Without these the server calls itself v0.0.0 and its feature gates misbehave.
    ldflags: `${strip} -X ${versionPackage}.gitVersion=v${kubernetesVersion} -X ${versionPackage}.gitMajor=1 -X ${versionPackage}.gitMinor=36`,
    version: kubernetesVersion,
    versionArguments: ['--version'],
    versionPattern: /^Kubernetes v(\S+)$/mu,
    buildTime,
    assets: { wanted: '1.36', pattern: /^1\.36\.\d+$/u },
  };
}

/** Every component by its name, in the order in which they are built. */
export const components: Readonly<Record<ComponentName, Component>> = {
  etcd: {
    name: 'etcd',
    moduleFolder: join(import.meta.dirname, 'etcd'),
    package: 'go.etcd.io/etcd/server/v3',
    ldflags: strip,
    version: '3.6.5',
    versionArguments: ['--version'],
    versionPattern: /^etcd Version: (\S+)$/mu,
    buildTime: '1 minute',
    assets: { wanted: '3.5 or newer', pattern: /^3\.(?:[5-9]|\d{2,})\.\d+$/u },
  },
  'kube-apiserver': kubernetes('kube-apiserver', '4 minutes'),
  'kube-controller-manager': kubernetes('kube-controller-manager', '2 minutes'),
  'kube-scheduler': kubernetes('kube-scheduler', '20 seconds'),
  kwok: {
    name: 'kwok',
    moduleFolder: join(import.meta.dirname, 'kwok'),
    package: 'sigs.k8s.io/kwok/cmd/kwok',
    ldflags: strip,
    version: '0.8.0',
    versionArguments: ['--version'],
    versionPattern: /^kwok version v(\S+) /mu,
    buildTime: '1 minute',
    // kwok ends at once without stages; these are the ones its own default cluster uses.
    companion: {
      name: 'stages.yaml',
      module: 'sigs.k8s.io/kwok',
      parts: [
        'kustomize/stage/node/fast/node-initialize.yaml',
        'kustomize/stage/node/heartbeat-with-lease/node-heartbeat-with-lease.yaml',
        'kustomize/stage/pod/fast/pod-ready.yaml',
        'kustomize/stage/pod/fast/pod-complete.yaml',
        'kustomize/stage/pod/fast/pod-delete.yaml',
      ],
      separator: '\n---\n',
    },
  },
  crane: {
    name: 'crane',
    moduleFolder: join(import.meta.dirname, 'crane'),
    package: 'github.com/google/go-containerregistry/cmd/crane',
    ldflags: strip,
    version: '0.22.1',
    versionArguments: ['version'],
    versionPattern: /^v(\S+)$/mu,
    buildTime: '10 seconds',
  },
  cosign: {
    name: 'cosign',
    moduleFolder: join(import.meta.dirname, 'cosign'),
    package: 'github.com/sigstore/cosign/v3/cmd/cosign',
    ldflags: strip,
    version: '3.1.1',
    versionArguments: ['version'],
    versionPattern: /^GitVersion:\s+v(\S+)$/mu,
    buildTime: '3 minutes',
  },
  // Its only file is ours: Go's library has the referrers API, but no program of its own turns it on.
  'referrers-registry': {
    name: 'referrers-registry',
    moduleFolder: join(import.meta.dirname, 'referrers-registry'),
    package: '.',
    ldflags: strip,
    version: '0.22.1',
    versionArguments: ['version'],
    versionPattern: /^referrers-registry (\S+)$/mu,
    buildTime: '10 seconds',
  },
  cosign2: {
    name: 'cosign2',
    moduleFolder: join(import.meta.dirname, 'cosign2'),
    package: 'github.com/sigstore/cosign/v2/cmd/cosign',
    ldflags: strip,
    version: '2.6.5',
    versionArguments: ['version'],
    versionPattern: /^GitVersion:\s+v(\S+)$/mu,
    buildTime: '6 minutes',
  },
  fulcio: {
    name: 'fulcio',
    moduleFolder: join(import.meta.dirname, 'fulcio'),
    package: 'github.com/sigstore/fulcio',
    ldflags: strip,
    version: '1.8.8',
    versionArguments: ['version'],
    versionPattern: /^GitVersion:\s+v(\S+)$/mu,
    buildTime: '4 minutes',
  },
  'timestamp-server': {
    name: 'timestamp-server',
    moduleFolder: join(import.meta.dirname, 'timestamp-server'),
    // A main of ours over its library: the stock command takes a fixed port, so that only one could run.
    package: '.',
    ldflags: strip,
    version: '2.1.3',
    versionArguments: ['version'],
    versionPattern: /^timestamp-server (\S+)$/mu,
    buildTime: '1 minute',
  },
  'rekor-server': {
    name: 'rekor-server',
    moduleFolder: join(import.meta.dirname, 'rekor-server'),
    package: 'github.com/sigstore/rekor-tiles/v2/cmd/rekor-server/posix',
    ldflags: strip,
    version: '2.3.0',
    versionArguments: ['version'],
    versionPattern: /^GitVersion:\s+v(\S+)$/mu,
    buildTime: '30 seconds',
  },
  // A main of ours: it answers how kubectl's own libraries read a file.
  'yaml-oracle': {
    name: 'yaml-oracle',
    moduleFolder: join(import.meta.dirname, 'yaml-oracle'),
    package: '.',
    ldflags: strip,
    version: '1.6.0',
    versionArguments: ['version'],
    versionPattern: /^yaml-oracle (\S+)$/mu,
    buildTime: '10 seconds',
  },
  // Its program only says its version; what is wanted are its CustomResourceDefinitions.
  'gateway-api': {
    name: 'gateway-api',
    moduleFolder: join(import.meta.dirname, 'gateway-api'),
    package: '.',
    ldflags: strip,
    version: '1.6.0',
    versionArguments: [],
    versionPattern: /^gateway-api v(\S+)$/mu,
    buildTime: '10 seconds',
    companion: {
      name: 'crds.yaml',
      module: 'sigs.k8s.io/gateway-api',
      parts: ['gateways', 'httproutes', 'grpcroutes', 'backendtlspolicies'].map(
        (plural) => `config/crd/standard/gateway.networking.k8s.io_${plural}.yaml`,
      ),
      separator: '\n---\n',
    },
  },
  oras: {
    name: 'oras',
    moduleFolder: join(import.meta.dirname, 'oras'),
    package: 'oras.land/oras/cmd/oras',
    ldflags: strip,
    version: '1.3.4',
    versionArguments: ['version'],
    versionPattern: /^Version:\s+(\S+)$/mu,
    buildTime: '10 seconds',
  },
  kustomize: {
    name: 'kustomize',
    moduleFolder: join(import.meta.dirname, 'kustomize'),
    package: 'sigs.k8s.io/kustomize/kustomize/v5',
    ldflags: strip,
    version: '5.8.1',
    versionArguments: ['version'],
    versionPattern: /^v(\S+)$/mu,
    buildTime: '20 seconds',
  },
  helm: {
    name: 'helm',
    moduleFolder: join(import.meta.dirname, 'helm'),
    package: 'helm.sh/helm/v3/cmd/helm',
    // As its own build sets them: charts ask for the version of Kubernetes, which is that of its client library.
    ldflags: `${strip} -X helm.sh/helm/v3/internal/version.version=v${helmVersion} -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor=1 -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor=37`,
    version: helmVersion,
    versionArguments: ['version', '--short'],
    versionPattern: /^v([^+\s]+)/mu,
    buildTime: '2 minutes',
  },
  // A main of ours over its library: its own lies in the module of all of Kubernetes.
  kubectl: {
    name: 'kubectl',
    moduleFolder: join(import.meta.dirname, 'kubectl'),
    package: '.',
    ldflags: `${strip} -X ${versionPackage}.gitVersion=v${kubernetesVersion}`,
    version: kubernetesVersion,
    versionArguments: ['version', '--client'],
    versionPattern: /^Client Version: v(\S+)$/mu,
    buildTime: '1 minute',
  },
  // The test of the distribution specification's authors.
  conformance: {
    name: 'conformance',
    moduleFolder: join(import.meta.dirname, 'conformance'),
    package: 'github.com/opencontainers/distribution-spec/conformance',
    ldflags: strip,
    version: conformanceVersion,
    versionArguments: [],
    versionPattern: /^failed to load config: unsupported config version (\S+)$/mu,
    // It has no version to print and would start to test: what it refuses is at least said by it.
    versionEnvironment: { OCI_VERSION: conformanceVersion },
    buildTime: '10 seconds',
  },
  sops: {
    name: 'sops',
    moduleFolder: join(import.meta.dirname, 'sops'),
    package: 'github.com/getsops/sops/v3/cmd/sops',
    ldflags: strip,
    version: '3.13.3',
    versionArguments: ['--version', '--disable-version-check'],
    versionPattern: /^sops (\S+)/mu,
    buildTime: '3 minutes',
  },
  'age-keygen': {
    name: 'age-keygen',
    moduleFolder: join(import.meta.dirname, 'sops'),
    package: 'filippo.io/age/cmd/age-keygen',
    ldflags: `${strip} -X main.Version=v1.3.1`,
    version: '1.3.1',
    versionArguments: ['--version'],
    versionPattern: /^v(\S+)$/mu,
    buildTime: '10 seconds',
  },
  // Its only file is ours: how Flux substitutes in a text.
  'envsubst-oracle': {
    name: 'envsubst-oracle',
    moduleFolder: join(import.meta.dirname, 'envsubst-oracle'),
    package: '.',
    ldflags: strip,
    version: '1.7.1',
    versionArguments: ['version'],
    versionPattern: /^envsubst-oracle (\S+)$/mu,
    buildTime: '10 seconds',
  },
};

/** The names of all components. */
export const componentNames: readonly ComponentName[] = Object.values(components).map(({ name }) => name);

/** Whether a text names a component. */
export function isComponentName(text: string): text is ComponentName {
  return Object.hasOwn(components, text);
}
