// Pods that an API server refuses although their schema fits, and like ones that it takes.
import { labels, web, pod, container, deployment, http, mount } from './object-makers.ts';
import type { Sample } from './schema-cases.ts';

/** By what they are about, with the field that is to blame; undefined for those that are right. */
export const podCases: Readonly<Record<string, readonly [Sample, string | undefined]>> = {
  // Containers
  'no containers': [pod({ containers: [] }), 'spec.containers'],
  'two containers of one name': [pod({ containers: [web, web] }), 'spec.containers[1].name'],
  'an init container of the same name': [pod({ initContainers: [web] }), 'spec.initContainers[0].name'],
  'a container with an upper-case name': [container({ name: 'Web' }), 'spec.containers[0].name'],
  'a container with a dot in its name': [container({ name: 'a.b' }), 'spec.containers[0].name'],
  'a container without an image': [pod({ containers: [{ name: 'web' }] }), 'spec.containers[0].image'],
  'an image with a space before it': [container({ image: ' a' }), 'spec.containers[0].image'],
  'a pull policy that is none': [
    container({ imagePullPolicy: 'Sometimes' }),
    'spec.containers[0].imagePullPolicy',
  ],
  'a port that is too large': [
    container({ ports: [{ containerPort: 65_536 }] }),
    'spec.containers[0].ports[0].containerPort',
  ],
  'a port zero': [container({ ports: [{ containerPort: 0 }] }), 'spec.containers[0].ports[0].containerPort'],
  'a port with too long a name': [
    container({ ports: [{ name: 'a-very-long-name', containerPort: 80 }] }),
    'spec.containers[0].ports[0].name',
  ],
  'a port with an upper-case name': [
    container({ ports: [{ name: 'Http', containerPort: 80 }] }),
    'spec.containers[0].ports[0].name',
  ],
  'a port of a name without letters': [
    container({ ports: [{ name: '80', containerPort: 80 }] }),
    'spec.containers[0].ports[0].name',
  ],
  'two ports of one name': [
    container({
      ports: [
        { name: 'a', containerPort: 80 },
        { name: 'a', containerPort: 81 },
      ],
    }),
    'spec.containers[0].ports[1].name',
  ],
  'two ports of one number': [
    container({ ports: [{ containerPort: 80 }, { containerPort: 80 }] }),
    undefined,
  ],
  'a protocol that is none': [
    container({ ports: [{ containerPort: 80, protocol: 'HTTP' }] }),
    'spec.containers[0].ports[0].protocol',
  ],
  'a variable with a space in its name': [container({ env: [{ name: 'a b' }] }), undefined],
  'a variable with an equals sign in its name': [
    container({ env: [{ name: 'a=b' }] }),
    'spec.containers[0].env[0].name',
  ],
  'a variable without a name': [container({ env: [{ value: 'a' }] }), 'spec.containers[0].env[0].name'],
  'a variable twice': [
    container({
      env: [
        { name: 'a', value: '1' },
        { name: 'a', value: '2' },
      ],
    }),
    undefined,
  ],
  'a variable with a value and a source': [
    container({ env: [{ name: 'a', value: '1', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] }),
    'spec.containers[0].env[0].valueFrom',
  ],
  'a variable with an empty source': [
    container({ env: [{ name: 'a', valueFrom: {} }] }),
    'spec.containers[0].env[0].valueFrom',
  ],
  'a variable with two sources': [
    container({
      env: [
        {
          name: 'a',
          valueFrom: { fieldRef: { fieldPath: 'metadata.name' }, secretKeyRef: { name: 'a', key: 'b' } },
        },
      ],
    }),
    'spec.containers[0].env[0].valueFrom',
  ],
  'a variable of a field that there is not': [
    container({ env: [{ name: 'a', valueFrom: { fieldRef: { fieldPath: 'metadata.nam' } } }] }),
    'spec.containers[0].env[0].valueFrom.fieldRef.fieldPath',
  ],
  'a reference without a key': [
    container({ env: [{ name: 'a', valueFrom: { secretKeyRef: { name: 'a' } } }] }),
    'spec.containers[0].env[0].valueFrom.secretKeyRef.key',
  ],
  'a reference without a name': [
    container({ env: [{ name: 'a', valueFrom: { secretKeyRef: { key: 'a' } } }] }),
    'spec.containers[0].env[0].valueFrom.secretKeyRef.name',
  ],
  'variables of nothing': [container({ envFrom: [{}] }), 'spec.containers[0].envFrom[0]'],
  'variables of two things': [
    container({ envFrom: [{ configMapRef: { name: 'a' }, secretRef: { name: 'a' } }] }),
    'spec.containers[0].envFrom[0]',
  ],
  // Resources
  'a request above the limit': [
    container({ resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }),
    'spec.containers[0].resources.requests.cpu',
  ],
  'a request at the limit': [
    container({ resources: { requests: { cpu: '1000m' }, limits: { cpu: '1' } } }),
    undefined,
  ],
  'a quantity that is none': [
    container({ resources: { requests: { cpu: '1 core' } } }),
    'spec.containers[0].resources.requests.cpu',
  ],
  'a quantity with a wrong suffix': [
    container({ resources: { requests: { memory: '1GB' } } }),
    'spec.containers[0].resources.requests.memory',
  ],
  'a negative quantity': [
    container({ resources: { requests: { memory: '-1' } } }),
    'spec.containers[0].resources.requests.memory',
  ],
  'a resource that there is not': [
    container({ resources: { requests: { cpus: '1' } } }),
    'spec.containers[0].resources.requests.cpus,spec.containers[0].resources.limits.cpus',
  ],
  'a fraction of a thing': [
    container({ resources: { limits: { 'example.com/gpu': '0.5' } } }),
    'spec.containers[0].resources.limits["example.com/gpu"]',
  ],
  'a request of a thing without a limit': [
    container({ resources: { requests: { 'example.com/gpu': '1' } } }),
    'spec.containers[0].resources.limits["example.com/gpu"]',
  ],
  // Volumes
  'a mount of a volume that there is not': [
    container({ volumeMounts: [mount] }),
    'spec.containers[0].volumeMounts[0].name',
  ],
  'a mount of a volume': [
    container({ volumeMounts: [mount] }, { volumes: [{ name: 'data', emptyDir: {} }] }),
    undefined,
  ],
  'two mounts at one place': [
    container({ volumeMounts: [mount, mount] }, { volumes: [{ name: 'data', emptyDir: {} }] }),
    'spec.containers[0].volumeMounts[1].mountPath',
  ],
  'a mount without a path': [
    container({ volumeMounts: [{ name: 'data' }] }, { volumes: [{ name: 'data', emptyDir: {} }] }),
    'spec.containers[0].volumeMounts[0].mountPath',
  ],
  'a mount below a path with dots': [
    container(
      { volumeMounts: [{ ...mount, subPath: '../a' }] },
      { volumes: [{ name: 'data', emptyDir: {} }] },
    ),
    'spec.containers[0].volumeMounts[0].subPath',
  ],
  'a volume without a source': [pod({ volumes: [{ name: 'data' }] }), undefined],
  'a volume with two sources': [
    pod({ volumes: [{ name: 'data', emptyDir: {}, secret: { secretName: 'a' } }] }),
    'spec.volumes[0]',
  ],
  'two volumes of one name': [
    pod({
      volumes: [
        { name: 'data', emptyDir: {} },
        { name: 'data', emptyDir: {} },
      ],
    }),
    'spec.volumes[1].name',
  ],
  'a volume with a name of upper case': [
    pod({ volumes: [{ name: 'Data', emptyDir: {} }] }),
    'spec.volumes[0].name',
  ],
  'a volume of a Secret without a name': [
    pod({ volumes: [{ name: 'data', secret: {} }] }),
    'spec.volumes[0].secret.secretName',
  ],
  'a volume of a ConfigMap without a name': [
    pod({ volumes: [{ name: 'data', configMap: {} }] }),
    'spec.volumes[0].configMap.name',
  ],
  'a mode that is too large': [
    pod({ volumes: [{ name: 'data', secret: { secretName: 'a', defaultMode: 644 } }] }),
    'spec.volumes[0].secret.defaultMode',
  ],
  'an item without a path': [
    pod({ volumes: [{ name: 'data', secret: { secretName: 'a', items: [{ key: 'a' }] } }] }),
    'spec.volumes[0].secret.items[0].path',
  ],
  // Probes
  'a probe without a handler': [
    container({ livenessProbe: { periodSeconds: 5 } }),
    'spec.containers[0].livenessProbe',
  ],
  'a probe with two handlers': [
    container({ livenessProbe: { ...http, exec: { command: ['a'] } } }),
    'spec.containers[0].livenessProbe',
  ],
  'a probe of a port without a number': [
    container({ livenessProbe: { httpGet: { path: '/', port: 0 } } }),
    'spec.containers[0].livenessProbe.httpGet.port',
  ],
  'a probe with a scheme in lower case': [
    container({ livenessProbe: { httpGet: { path: '/', port: 80, scheme: 'https' } } }),
    'spec.containers[0].livenessProbe.httpGet.scheme',
  ],
  'a liveness probe that must succeed twice': [
    container({ livenessProbe: { ...http, successThreshold: 2 } }),
    'spec.containers[0].livenessProbe.successThreshold',
  ],
  'a readiness probe that must succeed twice': [
    container({ readinessProbe: { ...http, successThreshold: 2 } }),
    undefined,
  ],
  'a probe with a negative time': [
    container({ readinessProbe: { ...http, timeoutSeconds: -1 } }),
    'spec.containers[0].readinessProbe.timeoutSeconds',
  ],
  'a command that is empty': [
    container({ readinessProbe: { exec: { command: [] } } }),
    'spec.containers[0].readinessProbe.exec.command',
  ],
  'a hook without a handler': [
    container({ lifecycle: { preStop: {} } }),
    'spec.containers[0].lifecycle.preStop',
  ],
  // Pods
  'a restart policy that is none': [pod({ restartPolicy: 'Sometimes' }), 'spec.restartPolicy'],
  'a restart policy that a Deployment can not have': [
    deployment({}, { spec: { containers: [web], restartPolicy: 'Never' } }),
    'spec.template.spec.restartPolicy',
  ],
  'a DNS policy that is none': [pod({ dnsPolicy: 'Cluster' }), 'spec.dnsPolicy'],
  'a service account that is no name': [pod({ serviceAccountName: 'A' }), 'spec.serviceAccountName'],
  'a user below zero': [pod({ securityContext: { runAsUser: -1 } }), 'spec.securityContext.runAsUser'],
  'a privileged container that may not escalate': [
    container({ securityContext: { privileged: true, allowPrivilegeEscalation: false } }),
    'spec.containers[0].securityContext',
  ],
  'a toleration with an operator that is none': [
    pod({ tolerations: [{ key: 'a', operator: 'In' }] }),
    'spec.tolerations[0].operator',
  ],
  'a toleration of a key that exists, with a value': [
    pod({ tolerations: [{ key: 'a', operator: 'Exists', value: 'b' }] }),
    'spec.tolerations[0].operator',
  ],
  'a node selector with a space': [pod({ nodeSelector: { a: 'b c' } }), 'spec.nodeSelector.a'],
  'an affinity without a topology': [
    pod({
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: { matchLabels: labels } }],
        },
      },
    }),
    'spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey',
  ],
  'a spread of zero': [
    pod({
      topologySpreadConstraints: [{ maxSkew: 0, topologyKey: 'a', whenUnsatisfiable: 'DoNotSchedule' }],
    }),
    'spec.topologySpreadConstraints[0].maxSkew',
  ],
  'a grace period below zero': [pod({ terminationGracePeriodSeconds: -1 }), undefined],
  'a host alias that is no address': [
    pod({ hostAliases: [{ ip: 'a', hostnames: ['b'] }] }),
    'spec.hostAliases[0].ip',
  ],
};
