// Objects of built-in kinds that an API server refuses although their schema fits, and like ones that it takes: mistakes as
// people make them on their laptops.
import {
  labels,
  web,
  object,
  pod,
  container,
  deployment,
  configMap,
  service,
  backend,
  ingress,
  job,
  cronJob,
  autoscaler,
  claim,
  role,
  binding,
  statefulSet,
  mount,
} from './object-makers.ts';
import type { Sample } from './schema-cases.ts';

/** By what they are about, with the field that is to blame; undefined for those that are right. */
export const objectCases: Readonly<Record<string, readonly [Sample, string | undefined]>> = {
  // Names
  'a name with an upper-case letter': [configMap({}, { name: 'Web' }), 'metadata.name'],
  'a name with an underscore': [configMap({}, { name: 'a_b' }), 'metadata.name'],
  'a name with a dot': [configMap({}, { name: 'a.b' }), undefined],
  'a name that ends in a dash': [configMap({}, { name: 'a-' }), 'metadata.name'],
  'a name that is too long': [configMap({}, { name: 'a'.repeat(254) }), 'metadata.name'],
  'a name as long as it may be': [configMap({}, { name: 'a'.repeat(253) }), undefined],
  'a Service with a dot in its name': [service({}, { name: 'a.b' }), 'metadata.name'],
  'a Service that begins with a digit': [service({}, { name: '1a' }), undefined],
  'a Service with too long a name': [service({}, { name: 'a'.repeat(64) }), 'metadata.name'],
  'a Namespace with a dot in its name': [object('v1', 'Namespace', {}, { name: 'a.b' }), 'metadata.name'],
  'a Role with a colon in its name': [
    object('rbac.authorization.k8s.io/v1', 'Role', { rules: [] }, { name: 'a:B_c' }),
    undefined,
  ],
  'a Role with a slash in its name': [
    object('rbac.authorization.k8s.io/v1', 'Role', { rules: [] }, { name: 'a/b' }),
    'metadata.name',
  ],
  'a CronJob with too long a name': [{ ...cronJob({}), metadata: { name: 'a'.repeat(53) } }, 'metadata.name'],
  'a Deployment with a long name': [{ ...deployment({}), metadata: { name: 'a'.repeat(64) } }, undefined],
  'a StatefulSet with a dot in its name': [
    object(
      'apps/v1',
      'StatefulSet',
      {
        spec: {
          serviceName: 'a',
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [web] } },
        },
      },
      { name: 'a.b' },
    ),
    'metadata.name',
  ],
  'a Job with too long a name': [{ ...job({}), metadata: { name: 'a'.repeat(64) } }, 'metadata.name'],
  'a namespace that is none': [configMap({}, { namespace: 'a_b' }), 'metadata.namespace'],
  'a namespace of what has none': [object('v1', 'Namespace', {}, { namespace: 'a' }), undefined],
  'a namespace of a ClusterRole': [
    object('rbac.authorization.k8s.io/v1', 'ClusterRole', { rules: [] }, { namespace: 'default' }),
    undefined,
  ],
  // Labels and annotations
  'a label with a space': [configMap({}, { labels: { a: 'b c' } }), 'metadata.labels.a'],
  'a label that is too long': [configMap({}, { labels: { a: 'b'.repeat(64) } }), 'metadata.labels.a'],
  'an empty label': [configMap({}, { labels: { a: '' } }), undefined],
  'a key of a label with two slashes': [
    configMap({}, { labels: { 'a/b/c': 'd' } }),
    'metadata.labels["a/b/c"]',
  ],
  'a key of a label with a prefix in upper case': [
    configMap({}, { labels: { 'A.b/c': 'd' } }),
    'metadata.labels["A.b/c"]',
  ],
  'a key of a label with a prefix': [configMap({}, { labels: { 'a.b/C_d.e': 'f' } }), undefined],
  'a key of an annotation with a space': [
    configMap({}, { annotations: { 'a b': 'c' } }),
    'metadata.annotations["a b"]',
  ],
  'a key of an annotation with an upper-case prefix': [
    configMap({}, { annotations: { 'A.b/c': 'd' } }),
    undefined,
  ],
  'annotations that are too large': [
    configMap({}, { annotations: { a: 'b'.repeat(262_144) } }),
    'metadata.annotations',
  ],
  'a finalizer that is no name': [configMap({}, { finalizers: ['a b'] }), 'metadata.finalizers[0]'],
  'labels of a template': [
    deployment({}, { metadata: { labels: { app: 'web', b: 'c d' } } }),
    'spec.template.metadata.labels.b',
  ],
  // Selectors
  'a selector that does not match': [
    deployment({ selector: { matchLabels: { app: 'other' } } }),
    'spec.template.metadata.labels',
  ],
  'an empty selector': [deployment({ selector: {} }), 'spec.selector'],
  'a selector with an expression that matches': [
    deployment({ selector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] } }),
    undefined,
  ],
  'a selector with an expression that does not match': [
    deployment({ selector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] } }),
    'spec.template.metadata.labels',
  ],
  'an expression without values': [
    deployment({ selector: { matchLabels: labels, matchExpressions: [{ key: 'app', operator: 'In' }] } }),
    'spec.selector.matchExpressions[0].values,spec.template.metadata.labels',
  ],
  'an operator that is none': [
    deployment({
      selector: { matchLabels: labels, matchExpressions: [{ key: 'app', operator: 'Is', values: ['web'] }] },
    }),
    'spec.selector.matchExpressions[0].operator',
  ],
  // Workloads
  'replicas below zero': [deployment({ replicas: -1 }), 'spec.replicas'],
  'a strategy that is none': [deployment({ strategy: { type: 'Rolling' } }), 'spec.strategy.type'],
  'a strategy with the parameters of another': [
    deployment({ strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } }),
    'spec.strategy.rollingUpdate',
  ],
  'a strategy that does nothing': [
    deployment({ strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } }),
    'spec.strategy.rollingUpdate.maxUnavailable',
  ],
  'a percentage without a sign': [
    deployment({ strategy: { rollingUpdate: { maxSurge: '25' } } }),
    'spec.strategy.rollingUpdate.maxSurge',
  ],
  'a Job that always restarts': [job({}, { restartPolicy: 'Always' }), 'spec.template.spec.restartPolicy'],
  'a Job without a restart policy': [
    object('batch/v1', 'Job', { spec: { template: { spec: { containers: [web] } } } }),
    'spec.template.spec.restartPolicy',
  ],
  'a Job with a backoff below zero': [job({ backoffLimit: -1 }), 'spec.backoffLimit'],
  'a schedule that is none': [cronJob({ schedule: 'daily' }), 'spec.schedule'],
  'a schedule with six fields': [cronJob({ schedule: '0 0 * * * *' }), 'spec.schedule'],
  'a schedule by name': [cronJob({ schedule: '@daily' }), undefined],
  'a schedule of names and steps': [cronJob({ schedule: '*/5 1-3,7 * JAN-MAR mon' }), undefined],
  'a schedule of a minute that there is not': [cronJob({ schedule: '60 * * * *' }), 'spec.schedule'],
  'a time zone that is none': [cronJob({ timeZone: 'Mars/Olympus' }), 'spec.timeZone'],
  'a concurrency that is none': [cronJob({ concurrencyPolicy: 'Never' }), 'spec.concurrencyPolicy'],
  'more replicas at least than at most': [autoscaler({ minReplicas: 5 }), 'spec.maxReplicas'],
  'no replicas at most': [autoscaler({ maxReplicas: 0 }), 'spec.maxReplicas'],
  'a metric without its source': [
    autoscaler({ metrics: [{ type: 'Resource' }] }),
    'spec.metrics[0].resource',
  ],
  'a disruption budget with both bounds': [
    object('policy/v1', 'PodDisruptionBudget', {
      spec: { minAvailable: 1, maxUnavailable: 1, selector: { matchLabels: labels } },
    }),
    'spec',
  ],
  // Services and Ingresses
  'a Service without ports': [service({ ports: [] }), 'spec.ports'],
  'a headless Service without ports': [service({ ports: [], clusterIP: 'None' }), undefined],
  'two ports without a name': [
    service({ ports: [{ port: 80 }, { port: 81 }] }),
    'spec.ports[0].name,spec.ports[1].name',
  ],
  'two ports of a Service of one number': [
    service({
      ports: [
        { name: 'a', port: 80 },
        { name: 'b', port: 80 },
      ],
    }),
    'spec.ports[1]',
  ],
  'two ports of a Service of one name': [
    service({
      ports: [
        { name: 'a', port: 80 },
        { name: 'a', port: 81 },
      ],
    }),
    'spec.ports[1].name',
  ],
  'a port of a Service that is too large': [service({ ports: [{ port: 70_000 }] }), 'spec.ports[0].port'],
  'a target port with too long a name': [
    service({ ports: [{ port: 80, targetPort: 'a-very-long-name' }] }),
    'spec.ports[0].targetPort',
  ],
  'a type that is none': [service({ type: 'Clusterip' }), 'spec.type'],
  'a node port of a Service that has none': [
    service({ ports: [{ port: 80, nodePort: 30_000 }] }),
    'spec.ports[0].nodePort',
  ],
  'an external name that is none': [
    service({ type: 'ExternalName', externalName: 'a_b', ports: [] }),
    'spec.externalName',
  ],
  'no external name': [service({ type: 'ExternalName', ports: [] }), 'spec.externalName'],
  'a selector of a Service with a space': [service({ selector: { a: 'b c' } }), 'spec.selector.a'],
  'a session affinity that is none': [service({ sessionAffinity: 'Client' }), 'spec.sessionAffinity'],
  'a source range that is none': [
    service({ type: 'LoadBalancer', loadBalancerSourceRanges: ['a'] }),
    'spec.loadBalancerSourceRanges[0]',
  ],
  'a path type that is none': [ingress({ pathType: 'prefix' }), 'spec.rules[0].http.paths[0].pathType'],
  'a path without a slash': [ingress({ path: 'a' }), 'spec.rules[0].http.paths[0].path'],
  'a backend without a port': [
    ingress({ backend: { service: { name: 'web' } } }),
    'spec.rules[0].http.paths[0].backend.service.port',
  ],
  'a backend of both port and name': [
    ingress({ backend: { service: { name: 'web', port: { number: 80, name: 'http' } } } }),
    'spec.rules[0].http.paths[0].backend.service.port',
  ],
  'a backend of nothing': [ingress({ backend: {} }), 'spec.rules[0].http.paths[0].backend'],
  'an Ingress of nothing': [object('networking.k8s.io/v1', 'Ingress', { spec: {} }), 'spec'],
  'a host that is an address': [
    ingress({}, { rules: [{ host: '10.0.0.1' }], defaultBackend: backend }),
    'spec.rules[0].host',
  ],
  'a host in upper case': [
    ingress({}, { rules: [{ host: 'Example.com' }], defaultBackend: backend }),
    'spec.rules[0].host',
  ],
  'a host with a wildcard': [
    ingress({}, { rules: [{ host: '*.example.com' }], defaultBackend: backend }),
    undefined,
  ],
  // Others
  'a key of a ConfigMap with a space': [configMap({ data: { 'a b': 'c' } }), 'data["a b"]'],
  'a key of a ConfigMap with a slash': [configMap({ data: { 'a/b': 'c' } }), 'data["a/b"]'],
  'a key of a Secret with a slash': [
    object('v1', 'Secret', { stringData: { 'a/b': 'c' } }),
    'stringData["a/b"]',
  ],
  'a key in both data and binary data': [
    configMap({ data: { a: 'c' }, binaryData: { a: 'Yw==' } }),
    'binaryData.a',
  ],
  'a Secret of TLS without a key': [
    object('v1', 'Secret', { type: 'kubernetes.io/tls', stringData: { 'tls.crt': 'a' } }),
    'data["tls.key"]',
  ],
  'a Secret of an image registry that is no JSON': [
    object('v1', 'Secret', {
      type: 'kubernetes.io/dockerconfigjson',
      stringData: { '.dockerconfigjson': 'a' },
    }),
    'stringData[".dockerconfigjson"]',
  ],
  'a ConfigMap that is too large': [configMap({ data: { a: 'b'.repeat(1_048_577) } }), ''],
  'a claim without a size': [claim({ resources: {} }), 'spec.resources.requests.storage'],
  'a claim without an access mode': [claim({ accessModes: [] }), 'spec.accessModes'],
  'an access mode that is none': [claim({ accessModes: ['ReadWrite'] }), 'spec.accessModes[0]'],
  'a claim of nothing': [
    claim({ resources: { requests: { storage: '0' } } }),
    'spec.resources.requests.storage',
  ],
  'a rule without verbs': [role({ verbs: [] }), 'rules[0].verbs'],
  'a rule without resources': [role({ resources: [] }), 'rules[0].resources'],
  'a rule without a group': [role({ apiGroups: [] }), 'rules[0].apiGroups'],
  'a rule of a Role on URLs': [
    role({ apiGroups: [], resources: [], nonResourceURLs: ['/a'] }),
    'rules[0].nonResourceURLs',
  ],
  'a subject without a namespace': [
    binding({ subjects: [{ kind: 'ServiceAccount', name: 'a' }] }),
    undefined,
  ],
  'a subject without a namespace, of a ClusterRoleBinding': [
    {
      ...binding({ subjects: [{ kind: 'ServiceAccount', name: 'a' }] }),
      kind: 'ClusterRoleBinding',
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'r' },
    },
    'subjects[0].namespace',
  ],
  'a Role for a ClusterRoleBinding': [{ ...binding({}), kind: 'ClusterRoleBinding' }, 'roleRef.kind'],
  'a subject of a kind that is none': [
    binding({ subjects: [{ kind: 'Serviceaccount', name: 'a' }] }),
    'subjects[0].kind',
  ],
  'a role that is none': [
    binding({ roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'roles', name: 'a' } }),
    'roleRef.kind',
  ],
  'a group of a role that is none': [
    binding({ roleRef: { apiGroup: 'rbac.k8s.io', kind: 'Role', name: 'a' } }),
    'roleRef.apiGroup',
  ],
  'a network policy of a type that is none': [
    object('networking.k8s.io/v1', 'NetworkPolicy', { spec: { podSelector: {}, policyTypes: ['ingress'] } }),
    'spec.policyTypes[0]',
  ],
  'a network policy of a network that is none': [
    object('networking.k8s.io/v1', 'NetworkPolicy', {
      spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.1' } }] }] },
    }),
    'spec.ingress[0].from[0].ipBlock.cidr',
  ],
  'a network policy of nobody': [
    object('networking.k8s.io/v1', 'NetworkPolicy', { spec: { podSelector: {}, ingress: [{ from: [{}] }] } }),
    'spec.ingress[0].from[0]',
  ],
  // Right ones of which much is asked
  'a Pod with all kinds of variables': [
    container({
      env: [
        { name: 'A_B', value: '$(C)' },
        { name: 'c.d-e', valueFrom: { fieldRef: { fieldPath: "metadata.labels['a']" } } },
        { name: 'f', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
        { name: 'g', valueFrom: { configMapKeyRef: { name: 'a', key: 'b', optional: true } } },
        { name: 'h', value: '', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } },
        { name: 'i', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIPs' } } },
      ],
      envFrom: [{ prefix: 'A_', secretRef: { name: 'a' } }],
      resources: {
        requests: { cpu: 0.5, memory: '1e3', 'ephemeral-storage': '1Gi', 'example.com/gpu': 1 },
        limits: { cpu: '500m', 'example.com/gpu': '1' },
      },
      startupProbe: { grpc: { port: 80 }, failureThreshold: 30 },
      livenessProbe: { tcpSocket: { port: 'http' } },
      lifecycle: { postStart: { exec: { command: ['a'] } }, preStop: { sleep: { seconds: 5 } } },
      ports: [
        { name: 'http', containerPort: 80 },
        { name: 'dns', containerPort: 80, protocol: 'UDP' },
      ],
    }),
    undefined,
  ],
  'a Pod with all kinds of volumes': [
    pod({
      containers: [
        {
          ...web,
          volumeMounts: [
            { ...mount, subPath: 'a/b..c' },
            { name: 'all', mountPath: '/all', readOnly: true },
          ],
        },
      ],
      initContainers: [{ ...web, name: 'init', restartPolicy: 'Always', volumeMounts: [mount] }],
      volumes: [
        {
          name: 'data',
          secret: {
            secretName: 'a',
            optional: true,
            defaultMode: 420,
            items: [{ key: 'a', path: 'b', mode: 511 }],
          },
        },
        {
          name: 'all',
          projected: {
            sources: [
              { configMap: { name: 'a' } },
              { downwardAPI: { items: [] } },
              { secret: { name: 'b' } },
            ],
          },
        },
        {
          name: 'more',
          ephemeral: {
            volumeClaimTemplate: {
              spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
            },
          },
        },
        { name: 'host', hostPath: { path: '/a' } },
      ],
      tolerations: [{ operator: 'Exists' }, { key: 'a', value: 'b', effect: 'NoSchedule' }],
      hostAliases: [{ ip: '::1', hostnames: ['a'] }],
      securityContext: { runAsUser: 0, fsGroup: 1000 },
    }),
    undefined,
  ],
  'a StatefulSet that mounts its claim': [
    statefulSet({ containers: [{ ...web, volumeMounts: [mount] }] }),
    undefined,
  ],
  'a StatefulSet that mounts what there is not': [
    statefulSet({ containers: [{ ...web, volumeMounts: [{ ...mount, name: 'other' }] }] }),
    'spec.template.spec.containers[0].volumeMounts[0].name',
  ],
  'a StatefulSet of which a container has no image': [
    statefulSet({ containers: [{ name: 'web' }] }),
    'spec.template.spec.containers[0].image',
  ],
  'a StatefulSet that is restarted otherwise': [
    statefulSet({ restartPolicy: 'Never', containers: [web] }),
    'spec.template.spec.restartPolicy',
  ],
  'a DaemonSet that is updated by hand': [
    object('apps/v1', 'DaemonSet', {
      spec: {
        selector: { matchLabels: labels },
        updateStrategy: { type: 'OnDelete' },
        template: { metadata: { labels }, spec: { containers: [web] } },
      },
    }),
    undefined,
  ],
  'a Service of two protocols': [
    service({
      ports: [
        { name: 'a', port: 53, targetPort: 'dns' },
        { name: 'b', port: 53, protocol: 'UDP' },
      ],
    }),
    undefined,
  ],
  'a Service of another name': [
    service({ type: 'ExternalName', externalName: 'a.example.com.', ports: [] }),
    undefined,
  ],
  'a Service without a selector': [service({ selector: {} }), undefined],
  'an Ingress of a resource': [
    ingress({ backend: { resource: { kind: 'A', name: 'b', apiGroup: 'example.com' } } }),
    undefined,
  ],
  'an Ingress of any path': [ingress({ pathType: 'ImplementationSpecific', path: '/a//b' }), undefined],
  'an Ingress of a path with two slashes': [ingress({ path: '/a//b' }), 'spec.rules[0].http.paths[0].path'],
  'an Ingress of a path without a value': [
    ingress({ pathType: 'ImplementationSpecific', path: '' }),
    undefined,
  ],
  'a Job that is started later': [job({ suspend: true, completions: 0, parallelism: 0 }), undefined],
  'a schedule in a time zone': [cronJob({ schedule: '0 0 1 1 ?', timeZone: 'Europe/Berlin' }), undefined],
  'an autoscaler of all kinds': [
    autoscaler({
      minReplicas: 3,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
        },
        {
          type: 'Pods',
          pods: { metric: { name: 'a' }, target: { type: 'AverageValue', averageValue: '1' } },
        },
      ],
    }),
    undefined,
  ],
  'a network policy of all': [
    object('networking.k8s.io/v1', 'NetworkPolicy', {
      spec: {
        podSelector: { matchExpressions: [{ key: 'a', operator: 'Exists' }] },
        ingress: [
          {},
          {
            from: [{ podSelector: {} }, { ipBlock: { cidr: '::/0', except: ['2001:db8::/32'] } }],
            ports: [{ port: 'http' }, { port: 80, endPort: 90 }],
          },
        ],
        egress: [],
      },
    }),
    undefined,
  ],
  'a Role on URLs': [
    object('rbac.authorization.k8s.io/v1', 'ClusterRole', {
      rules: [
        { verbs: ['get'], nonResourceURLs: ['/healthz'] },
        { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
      ],
    }),
    undefined,
  ],
  'a Secret of its own type': [
    object('v1', 'Secret', { type: 'example.com/a', data: { 'a.b_c-d': '' } }),
    undefined,
  ],
  'a Secret of TLS in both': [
    object('v1', 'Secret', {
      type: 'kubernetes.io/tls',
      data: { 'tls.crt': 'YQ==' },
      stringData: { 'tls.key': 'b' },
    }),
    undefined,
  ],
  'a disruption budget of a share': [
    object('policy/v1', 'PodDisruptionBudget', { spec: { maxUnavailable: '30%', selector: {} } }),
    undefined,
  ],
  'a disruption budget of no share': [
    object('policy/v1', 'PodDisruptionBudget', { spec: { maxUnavailable: '30', selector: {} } }),
    'spec.maxUnavailable',
  ],
  'finalizers of all kinds': [configMap({}, { finalizers: ['kubernetes', 'a.b/c'] }), undefined],
};
