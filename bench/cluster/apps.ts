// The artifacts of the benches: small apps of 4 objects, as Flux's own benchmark has them, and larger ones of 10. Each
// object tells its version in a label, so that anybody can see in metadata alone which one is applied.
export const appsNamespace = 'apps';
export const versionLabel = 'bench.sealift.dev/version';
/** On every object of an app, whatever becomes of its other labels. */
export const appLabel = 'bench.sealift.dev/app';

export type Version = 'v1' | 'v2';

/** A kind of which apps have objects. */
export type AppKind = {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
};

export const appKinds = {
  serviceAccount: { group: '', version: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts' },
  configMap: { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps' },
  service: { group: '', version: 'v1', kind: 'Service', plural: 'services' },
  deployment: { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments' },
  ingress: { group: 'networking.k8s.io', version: 'v1', kind: 'Ingress', plural: 'ingresses' },
  networkPolicy: {
    group: 'networking.k8s.io',
    version: 'v1',
    kind: 'NetworkPolicy',
    plural: 'networkpolicies',
  },
  role: { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'Role', plural: 'roles' },
  roleBinding: {
    group: 'rbac.authorization.k8s.io',
    version: 'v1',
    kind: 'RoleBinding',
    plural: 'rolebindings',
  },
} as const satisfies Readonly<Record<string, AppKind>>;

export type AppObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly [member: string]: unknown;
};

export function appNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `app-${String(index + 1).padStart(4, '0')}`);
}

export function repositoryOf(app: string): string {
  return `config/${app}`;
}

type Place = { readonly app: string; readonly namespace: string };

function objectOf(
  { app, namespace }: Place,
  { group, version: apiVersion, kind }: AppKind,
  version: Version,
  { suffix = '', ...rest }: { readonly suffix?: string; readonly [member: string]: unknown } = {},
): AppObject {
  return {
    apiVersion: group === '' ? apiVersion : `${group}/${apiVersion}`,
    kind,
    metadata: {
      name: `${app}${suffix}`,
      namespace,
      labels: { [appLabel]: app, [versionLabel]: version },
    },
    ...rest,
  };
}

/** ServiceAccount, headless Service, Deployment without replicas and Ingress; all four change with the version. */
export function smallApp(app: string, version: Version, namespace = appsNamespace): readonly AppObject[] {
  const place = { app, namespace };
  return [
    objectOf(place, appKinds.serviceAccount, version, {}),
    objectOf(place, appKinds.service, version, serviceOf(app)),
    objectOf(place, appKinds.deployment, version, deploymentOf(app, version)),
    objectOf(place, appKinds.ingress, version, ingressOf(app)),
  ];
}

/** The same and six more; only one ConfigMap changes with the version. */
export function largeApp(app: string, version: Version, namespace = appsNamespace): readonly AppObject[] {
  const place = { app, namespace };
  const { configMap, networkPolicy, role, roleBinding } = appKinds;
  const data = { value: 'v1', text: 'a line of some length that no program reads\n'.repeat(4) };
  return [
    ...smallApp(app, 'v1', namespace),
    objectOf(place, configMap, version, { data: { ...data, value: version } }),
    objectOf(place, configMap, 'v1', { data, suffix: '-a' }),
    objectOf(place, configMap, 'v1', { data, suffix: '-b' }),
    objectOf(place, networkPolicy, 'v1', {
      spec: { podSelector: { matchLabels: { app } }, policyTypes: ['Ingress'] },
    }),
    objectOf(place, role, 'v1', {
      rules: [{ apiGroups: [''], resources: ['configmaps'], resourceNames: [app], verbs: ['get'] }],
    }),
    objectOf(place, roleBinding, 'v1', {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: app },
      subjects: [{ kind: 'ServiceAccount', name: app, namespace }],
    }),
  ];
}

type Members = Readonly<Record<string, unknown>>;

function serviceOf(app: string): Members {
  return {
    spec: {
      clusterIP: 'None',
      selector: { app },
      ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 'http' }],
    },
  };
}

function deploymentOf(app: string, version: Version): Members {
  return {
    spec: {
      replicas: 0,
      selector: { matchLabels: { app } },
      template: {
        metadata: { labels: { app } },
        spec: {
          serviceAccountName: app,
          containers: [
            {
              name: 'main',
              image: `registry.example/app:${version}`,
              ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
              resources: { requests: { cpu: '10m', memory: '16Mi' } },
            },
          ],
        },
      },
    },
  };
}

function ingressOf(app: string): Members {
  const service = { name: app, port: { name: 'http' } };
  return {
    spec: {
      rules: [
        {
          host: `${app}.example`,
          http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service } }] },
        },
      ],
    },
  };
}
