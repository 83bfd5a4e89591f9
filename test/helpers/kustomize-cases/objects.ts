// Objects of all kinds that transforms know something of, for comparisons with kustomize.

const pod = (indent: string): string =>
  `serviceAccountName: web
priorityClassName: high
imagePullSecrets: [{ name: pull }, { name: foreign }]
initContainers:
  - name: init
    image: registry.example.com:5000/tools/init@sha256:${'a'.repeat(64)}
    env: [{ name: I, valueFrom: { secretKeyRef: { name: keys, key: a } } }]
    envFrom: [{ secretRef: { name: keys } }, { configMapRef: { name: settings } }]
containers:
  - name: web
    image: nginx:1.25
    args: [--x]
    env:
      - { name: A, value: a }
      - { name: B, valueFrom: { configMapKeyRef: { name: settings, key: b } } }
      - { name: C, valueFrom: { secretKeyRef: { name: keys, key: c } } }
    envFrom: [{ configMapRef: { name: settings } }, { secretRef: { name: unknown } }]
    ports: [{ containerPort: 80, name: http }, { containerPort: 443, name: https }]
    volumeMounts: [{ name: data, mountPath: /data }, { name: conf, mountPath: /conf }]
  - { name: side, image: busybox }
tolerations: [{ key: a, operator: Exists }]
hostAliases: [{ ip: 10.0.0.1, hostnames: [a] }]
topologySpreadConstraints:
  - { maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule }
  - { maxSkew: 2, topologyKey: node, whenUnsatisfiable: ScheduleAnyway }
volumes:
  - { name: data, persistentVolumeClaim: { claimName: data } }
  - { name: conf, configMap: { name: settings } }
  - { name: keys, secret: { secretName: keys } }
  - { name: both, projected: { sources: [{ configMap: { name: settings } }, { secret: { name: keys } }] } }
  - { name: img, image: { reference: "example.org/data:1" } }`
    .split('\n')
    .map((line) => `${indent}${line}`)
    .join('\n');

const workload = (apiVersion: string, kind: string, extra = ''): string => `
apiVersion: ${apiVersion}
kind: ${kind}
metadata: { name: web, labels: { app: web, kind: ${kind.toLowerCase()} } }
spec:
  selector: { matchLabels: { app: web } }
${extra}
  template:
    metadata: { labels: { app: web } }
    spec:
${pod('      ')}
`;

export const workloads = [
  workload('apps/v1', 'Deployment', '  strategy: { type: RollingUpdate, rollingUpdate: { maxSurge: 1 } }'),
  workload(
    'apps/v1',
    'StatefulSet',
    '  serviceName: web\n  volumeClaimTemplates: [{ metadata: { name: store }, spec: { storageClassName: fast } }]',
  ),
  workload('apps/v1', 'DaemonSet'),
  workload('apps/v1', 'ReplicaSet'),
  workload('v1', 'ReplicationController'),
  workload('batch/v1', 'Job'),
  `
apiVersion: batch/v1
kind: CronJob
metadata: { name: web }
spec:
  schedule: "* * * * *"
  jobTemplate:
    spec:
      template:
        spec:
${pod('          ')}
`,
  `
apiVersion: v1
kind: Pod
metadata: { name: web, annotations: { note: x } }
spec:
${pod('  ')}
`,
  `
apiVersion: v1
kind: PodTemplate
metadata: { name: web }
template:
  spec:
${pod('    ')}
`,
  `
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { a: "1", b: "2" }
`,
  `
apiVersion: v1
kind: Secret
metadata: { name: keys, annotations: { team: shop } }
stringData: { a: x }
`,
  `
apiVersion: v1
kind: Secret
metadata: { name: pull }
`,
  `
apiVersion: v1
kind: ServiceAccount
metadata: { name: web }
secrets: [{ name: keys }]
imagePullSecrets: [{ name: pull }]
`,
  `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data, finalizers: [example.com/a] }
spec: { storageClassName: fast, volumeName: disk }
`,
  `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  ports: [{ port: 80, name: http, targetPort: 80 }, { port: 443, name: https, targetPort: 443 }]
  selector: { app: web }
`,
].join('---');

export const cluster = [
  `
apiVersion: v1
kind: Namespace
metadata: { name: shop }
`,
  `
apiVersion: v1
kind: PersistentVolume
metadata: { name: disk }
spec: { storageClassName: fast, azureFile: { secretName: keys } }
`,
  `
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: fast }
provisioner: example.com/x
parameters: { secretName: keys, adminSecretName: other }
`,
  `
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: { name: high }
value: 1
`,
  `
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: { name: edge }
`,
  `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: things.example.com }
spec:
  group: example.com
  names: { kind: Thing, plural: things }
  scope: Namespaced
  conversion: { webhook: { clientConfig: { service: { name: web, namespace: old } } } }
  versions: [{ name: v1, containers: [{ image: nginx }] }]
`,
  `
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: { name: v1.metrics.example.com }
spec: { group: metrics.example.com, version: v1, service: { name: web, namespace: old } }
`,
  `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: reader }
rules: [{ apiGroups: [""], resources: [secrets], resourceNames: [keys, foreign], verbs: [get] }]
`,
  `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: reader }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader }
subjects:
  - { kind: ServiceAccount, name: web, namespace: default }
  - { kind: ServiceAccount, name: default, namespace: old }
  - { kind: ServiceAccount, name: web, namespace: elsewhere }
  - { kind: User, name: alice }
`,
  ...['Validating', 'Mutating'].map(
    (kind) => `
apiVersion: admissionregistration.k8s.io/v1
kind: ${kind}WebhookConfiguration
metadata: { name: hooks }
webhooks:
  - { name: a.example.com, clientConfig: { service: { name: web, namespace: default, path: /a } } }
  - { name: b.example.com, clientConfig: { service: { name: web, namespace: elsewhere } } }
  - { name: c.example.com, clientConfig: { url: "https://example.com" } }
`,
  ),
].join('---');

export const others = [
  `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: reader }
rules: [{ apiGroups: [""], resources: [configmaps], resourceNames: [settings, keys, foreign], verbs: [get] }]
`,
  `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: reader }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader }
subjects:
  - { kind: ServiceAccount, name: web }
  - { kind: ServiceAccount, name: default }
  - { kind: Group, name: admins }
`,
  `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: cluster-reader }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader }
subjects: [{ kind: ServiceAccount, name: web, namespace: default }]
`,
  `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, annotations: { nginx.ingress.kubernetes.io/auth-secret: keys } }
spec:
  ingressClassName: edge
  defaultBackend: { service: { name: web, port: { number: 80 } } }
  tls: [{ hosts: [a.example.com], secretName: keys }]
  rules:
    - host: a.example.com
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
`,
  `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: web }
spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }, maxReplicas: 3 }
`,
  `
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: web }
spec: { maxUnavailable: 1, selector: { matchLabels: { app: web } } }
`,
  `
apiVersion: example.com/v1
kind: Thing
metadata: { name: web, labels: { tier: gold } }
spec:
  list: [{ name: a, value: 1 }, { name: b, value: 2 }]
  deep: { keep: 1, drop: 2 }
  engine: { containers: [{ name: x, image: nginx }, { name: z }] }
`,
].join('---');

export const everything = [workloads, cluster, others].join('---');
