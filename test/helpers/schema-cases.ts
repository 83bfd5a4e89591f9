// Objects for the comparison of `sealift check` with a real API server: good ones of many kinds, from which the test
// makes bad ones, and single cases that are told apart by their name.

/** Any object. */
export type Sample = { readonly [key: string]: unknown };

const labels = { app: 'web' };
const pod = {
  metadata: { labels },
  spec: {
    serviceAccountName: 'web',
    initContainers: [{ name: 'wait', image: 'example.com/wait:1' }],
    containers: [
      {
        name: 'web',
        image: 'example.com/web:1',
        imagePullPolicy: 'IfNotPresent',
        command: ['web'],
        env: [
          { name: 'A', value: 'b' },
          { name: 'B', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
        ],
        ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
        resources: { requests: { cpu: '100m', memory: '1Gi' }, limits: { cpu: 1 } },
        readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 5 },
        securityContext: { runAsNonRoot: true, capabilities: { drop: ['ALL'] } },
        volumeMounts: [{ name: 'config', mountPath: '/config', readOnly: true }],
      },
    ],
    volumes: [
      { name: 'config', configMap: { name: 'c', items: [{ key: 'a', path: 'b' }] } },
      { name: 'scratch', emptyDir: { sizeLimit: '1Gi' } },
    ],
    tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoSchedule' }],
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            topologyKey: 'kubernetes.io/hostname',
            labelSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] },
          },
        ],
      },
    },
  },
};
const job = { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'a' }] } } };

function sample(apiVersion: string, kind: string, rest: Sample): Sample {
  return { apiVersion, kind, metadata: { name: 'sample', labels }, ...rest };
}

/** Good objects; where they are made is the path of their collection. */
export const samples: readonly { readonly path: string; readonly object: Sample }[] = [
  ['api/v1/namespaces/default/configmaps', sample('v1', 'ConfigMap', { data: { a: 'b' }, immutable: false })],
  [
    'api/v1/namespaces/default/secrets',
    sample('v1', 'Secret', { type: 'Opaque', data: { a: 'YQ==' }, stringData: { b: 'c' } }),
  ],
  [
    'api/v1/namespaces/default/services',
    sample('v1', 'Service', {
      spec: {
        type: 'ClusterIP',
        selector: labels,
        ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }],
      },
    }),
  ],
  [
    'api/v1/namespaces/default/serviceaccounts',
    sample('v1', 'ServiceAccount', { imagePullSecrets: [{ name: 'a' }] }),
  ],
  ['api/v1/namespaces', sample('v1', 'Namespace', {})],
  [
    'api/v1/namespaces/default/persistentvolumeclaims',
    sample('v1', 'PersistentVolumeClaim', {
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    }),
  ],
  [
    'api/v1/namespaces/default/resourcequotas',
    sample('v1', 'ResourceQuota', { spec: { hard: { pods: '10', 'requests.cpu': 4 } } }),
  ],
  [
    'api/v1/namespaces/default/limitranges',
    sample('v1', 'LimitRange', { spec: { limits: [{ type: 'Container', default: { cpu: '1' } }] } }),
  ],
  [
    'apis/apps/v1/namespaces/default/deployments',
    sample('apps/v1', 'Deployment', {
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: 0 } },
        template: pod,
      },
    }),
  ],
  [
    'apis/apps/v1/namespaces/default/statefulsets',
    sample('apps/v1', 'StatefulSet', {
      spec: {
        serviceName: 'web',
        selector: { matchLabels: labels },
        template: pod,
        volumeClaimTemplates: [
          {
            metadata: { name: 'data' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
          },
        ],
      },
    }),
  ],
  [
    'apis/apps/v1/namespaces/default/daemonsets',
    sample('apps/v1', 'DaemonSet', { spec: { selector: { matchLabels: labels }, template: pod } }),
  ],
  ['apis/batch/v1/namespaces/default/jobs', sample('batch/v1', 'Job', { spec: { backoffLimit: 1, ...job } })],
  [
    'apis/batch/v1/namespaces/default/cronjobs',
    sample('batch/v1', 'CronJob', {
      spec: { schedule: '* * * * *', concurrencyPolicy: 'Forbid', jobTemplate: { spec: job } },
    }),
  ],
  [
    'apis/networking.k8s.io/v1/namespaces/default/ingresses',
    sample('networking.k8s.io/v1', 'Ingress', {
      spec: {
        rules: [
          {
            host: 'example.com',
            http: {
              paths: [
                {
                  path: '/',
                  pathType: 'Prefix',
                  backend: { service: { name: 'web', port: { number: 80 } } },
                },
              ],
            },
          },
        ],
        tls: [{ hosts: ['example.com'], secretName: 'tls' }],
      },
    }),
  ],
  [
    'apis/networking.k8s.io/v1/namespaces/default/networkpolicies',
    sample('networking.k8s.io/v1', 'NetworkPolicy', {
      spec: {
        podSelector: { matchLabels: labels },
        policyTypes: ['Ingress'],
        ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8' } }], ports: [{ port: 80, protocol: 'TCP' }] }],
      },
    }),
  ],
  [
    'apis/rbac.authorization.k8s.io/v1/namespaces/default/roles',
    sample('rbac.authorization.k8s.io/v1', 'Role', {
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
    }),
  ],
  [
    'apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings',
    sample('rbac.authorization.k8s.io/v1', 'RoleBinding', {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
      subjects: [{ kind: 'ServiceAccount', name: 'a', namespace: 'default' }],
    }),
  ],
  [
    'apis/policy/v1/namespaces/default/poddisruptionbudgets',
    sample('policy/v1', 'PodDisruptionBudget', {
      spec: { minAvailable: '50%', selector: { matchLabels: labels } },
    }),
  ],
  [
    'apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers',
    sample('autoscaling/v2', 'HorizontalPodAutoscaler', {
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        minReplicas: 1,
        maxReplicas: 3,
        metrics: [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
          },
        ],
      },
    }),
  ],
  [
    'apis/storage.k8s.io/v1/storageclasses',
    sample('storage.k8s.io/v1', 'StorageClass', { provisioner: 'example.com/a', reclaimPolicy: 'Retain' }),
  ],
  [
    'apis/scheduling.k8s.io/v1/priorityclasses',
    sample('scheduling.k8s.io/v1', 'PriorityClass', { value: 5 }),
  ],
  [
    'apis/coordination.k8s.io/v1/namespaces/default/leases',
    sample('coordination.k8s.io/v1', 'Lease', {
      spec: { holderIdentity: 'a', renewTime: '2026-01-01T00:00:00.000000Z' },
    }),
  ],
  [
    'apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations',
    sample('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', {
      webhooks: [
        {
          name: 'a.example.com',
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          clientConfig: { service: { namespace: 'default', name: 'a' }, caBundle: 'YQ==' },
          rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }],
        },
      ],
    }),
  ],
].map(([path, object]) => ({ path, object }) as { path: string; object: Sample }); // pairs, as they are written above

/** A CRD with one field for each rule that schemas have. */
export const widgetDefinition: Sample = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    names: { kind: 'Widget', plural: 'widgets', singular: 'widget', listKind: 'WidgetList' },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            required: ['spec'],
            properties: {
              spec: {
                type: 'object',
                required: ['size', 'mode'],
                properties: {
                  size: { type: 'integer', format: 'int32', minimum: 1, maximum: 9 },
                  mode: { type: 'string', enum: ['a', 'b'], default: 'a' },
                  name: { type: 'string', pattern: '^[a-z]+$', minLength: 2, maxLength: 5 },
                  ratio: { type: 'number', minimum: 0, exclusiveMinimum: true, multipleOf: 0.5 },
                  short: { type: 'string', maxLength: 2 },
                  port: { 'x-kubernetes-int-or-string': true },
                  when: { type: 'string', format: 'date-time' },
                  day: { type: 'string', format: 'date' },
                  address: { type: 'string', format: 'ipv4' },
                  key: { type: 'string', format: 'byte' },
                  maybe: { type: 'string', nullable: true },
                  tags: { type: 'object', additionalProperties: { type: 'string' }, maxProperties: 2 },
                  free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                  halfFree: {
                    type: 'object',
                    'x-kubernetes-preserve-unknown-fields': true,
                    properties: { known: { type: 'object', properties: { a: { type: 'string' } } } },
                  },
                  closed: { type: 'object' },
                  template: {
                    type: 'object',
                    'x-kubernetes-embedded-resource': true,
                    'x-kubernetes-preserve-unknown-fields': true,
                  },
                  set: {
                    type: 'array',
                    items: { type: 'string' },
                    'x-kubernetes-list-type': 'set',
                    maxItems: 3,
                  },
                  map: {
                    type: 'array',
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['id'],
                    items: {
                      type: 'object',
                      required: ['id'],
                      properties: { id: { type: 'string' }, n: { type: 'integer' } },
                    },
                  },
                  choice: {
                    type: 'object',
                    properties: { one: { type: 'string' }, two: { type: 'string' } },
                    oneOf: [{ required: ['one'] }, { required: ['two'] }],
                  },
                  any: {
                    type: 'object',
                    properties: { one: { type: 'integer' }, two: { type: 'integer' } },
                    anyOf: [{ properties: { one: { minimum: 5 } } }, { required: ['two'] }],
                    not: { required: ['one', 'two'] },
                  },
                },
              },
              status: {
                type: 'object',
                required: ['phase'],
                properties: { phase: { type: 'string', enum: ['Ready'] } },
              },
            },
          },
        },
      },
      { name: 'v2', served: false, storage: false, schema: { openAPIV3Schema: { type: 'object' } } },
    ],
  },
};

export const widgetPath = 'apis/example.com/v1/namespaces/default/widgets';

function widget(spec: unknown, rest: Sample = {}): Sample {
  return { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' }, spec, ...rest };
}

/** Widgets that the API server takes, by name. */
export const goodWidgets: Readonly<Record<string, Sample>> = {
  'the least': widget({ size: 1 }),
  'a status that is thrown away': widget({ size: 1 }, { status: {} }),
  'null for a field with a default': widget({ size: 1, mode: null }),
  'null where it may be': widget({ size: 1, maybe: null }),
  'null where nothing is wanted': widget({ size: 1, name: null }),
  'a number that is text': widget({ size: 1, port: 80 }),
  'text that is a number': widget({ size: 1, port: 'http' }),
  'anything in what keeps it': widget({
    size: 1,
    free: { a: { b: [1, null] } },
    halfFree: { x: 1, known: { a: 'b' } },
  }),
  'an embedded object': widget({
    size: 1,
    template: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, x: 1 },
  }),
  formats: widget({
    size: 1,
    when: '2026-01-01T00:00:00Z',
    day: '2026-02-28',
    address: '10.0.0.1',
    key: 'YQ==',
  }),
  'formats, otherwise': widget({ size: 1, when: '2026-01-01T00:00:00.5+01:00', key: 'YWI=' }),
  'lists without doubles': widget({ size: 1, set: ['a', 'b'], map: [{ id: 'a' }, { id: 'b', n: 1 }] }),
  'one of two': widget({ size: 1, choice: { one: 'a' }, any: { one: 5 } }),
  'the other of two': widget({ size: 1, choice: { two: 'a' }, any: { two: 1 } }),
  'bounds that are met': widget({ size: 9, name: 'abcde', ratio: 1.5, tags: { a: 'b', c: 'd' } }),
  'metadata as a cluster gives it': widget(
    { size: 1 },
    {
      metadata: {
        name: 'w',
        labels: null,
        annotations: { a: null },
        managedFields: [
          { manager: 'm', operation: 'Apply', fieldsType: 'FieldsV1', fieldsV1: { 'f:spec': {} } },
        ],
      },
    },
  ),
  'letters of several bytes': widget({ size: 1, short: '😀😀' }),
};

/** Widgets that it refuses, by name, and the field that is wrong. */
export const badWidgets: Readonly<Record<string, readonly [Sample, string]>> = {
  'no spec': [{ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' } }, 'spec'],
  'a field that is missing': [widget({}), 'spec.size'],
  'null for a field that must be there': [widget({ size: null }), 'spec.size'],
  'a field that is not known': [widget({ size: 1, sise: 1 }), 'spec.sise'],
  'a field that is not known, at the top': [widget({ size: 1 }, { sepc: {} }), 'sepc'],
  'a field that is not known, in the metadata': [
    widget({ size: 1 }, { metadata: { name: 'w', lables: {} } }),
    'metadata.lables',
  ],
  'a field that is not known, in the status': [
    widget({ size: 1 }, { status: { phase: 'Ready', x: 1 } }),
    'status.x',
  ],
  'a label that is a number': [
    widget({ size: 1 }, { metadata: { name: 'w', labels: { a: 1 } } }),
    'metadata.labels.a',
  ],
  'another type': [widget({ size: '1' }), 'spec.size'],
  'a number with a fraction': [widget({ size: 1.5 }), 'spec.size'],
  'too small': [widget({ size: 0 }), 'spec.size'],
  'too large': [widget({ size: 10 }), 'spec.size'],
  'at the bound that is left out': [widget({ size: 1, ratio: 0 }), 'spec.ratio'],
  'no multiple': [widget({ size: 1, ratio: 0.7 }), 'spec.ratio'],
  'none of the values': [widget({ size: 1, mode: 'c' }), 'spec.mode'],
  'too short': [widget({ size: 1, name: 'a' }), 'spec.name'],
  'too long': [widget({ size: 1, name: 'abcdef' }), 'spec.name'],
  'too many letters of several bytes': [widget({ size: 1, short: '😀😀😀' }), 'spec.short'],
  'not of the pattern': [widget({ size: 1, name: 'AB' }), 'spec.name'],
  'neither number nor text': [widget({ size: 1, port: true }), 'spec.port'],
  'a number with a fraction for a port': [widget({ size: 1, port: 1.5 }), 'spec.port'],
  'no time': [widget({ size: 1, when: 'now' }), 'spec.when'],
  'no day': [widget({ size: 1, day: '2026-02-30' }), 'spec.day'],
  'no address': [widget({ size: 1, address: '10.0.0.256' }), 'spec.address'],
  'no base64': [widget({ size: 1, key: 'a' }), 'spec.key'],
  'null in a list': [widget({ size: 1, set: [null] }), 'spec.set[0]'],
  'a value of a map': [widget({ size: 1, tags: { a: 1 } }), 'spec.tags.a'],
  'too many keys': [widget({ size: 1, tags: { a: 'a', b: 'b', c: 'c' } }), 'spec.tags'],
  'too many items': [widget({ size: 1, set: ['a', 'b', 'c', 'd'] }), 'spec.set'],
  'an item twice': [widget({ size: 1, set: ['a', 'a'] }), 'spec.set[1]'],
  'a key twice': [widget({ size: 1, map: [{ id: 'a' }, { id: 'a', n: 1 }] }), 'spec.map[1]'],
  'what is known of what keeps the rest': [
    widget({ size: 1, halfFree: { known: { b: 'c' } } }),
    'spec.halfFree.known.b',
  ],
  'anything in what keeps nothing': [widget({ size: 1, closed: { a: 1 } }), 'spec.closed.a'],
  'an embedded object without kind': [
    widget({ size: 1, template: { apiVersion: 'v1' } }),
    'spec.template.kind',
  ],
  'an embedded object with other metadata': [
    widget({ size: 1, template: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', x: 1 } } }),
    'spec.template.metadata.x',
  ],
  'neither of two': [widget({ size: 1, choice: {} }), 'spec.choice'],
  'both of two': [widget({ size: 1, choice: { one: 'a', two: 'b' } }), 'spec.choice'],
  'no form of anyOf': [widget({ size: 1, any: { one: 1 } }), 'spec.any'],
  'what must not be': [widget({ size: 1, any: { one: 5, two: 1 } }), 'spec.any'],
};
