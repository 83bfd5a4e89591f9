// Makes objects of built-in kinds that an API server takes but for what a case changes.
import type { Sample } from './schema-cases.ts';

export const labels = { app: 'web' };
export const web = { name: 'web', image: 'example.com/web:1' };

export function object(apiVersion: string, kind: string, rest: Sample, metadata: Sample = {}): Sample {
  return { apiVersion, kind, metadata: { name: 'web', ...metadata }, ...rest };
}

export function pod(spec: Sample, metadata: Sample = {}): Sample {
  return object('v1', 'Pod', { spec: { containers: [web], ...spec } }, metadata);
}

export function container(rest: Sample, spec: Sample = {}): Sample {
  return pod({ containers: [{ ...web, ...rest }], ...spec });
}

export function deployment(spec: Sample, template: Sample = {}): Sample {
  return object('apps/v1', 'Deployment', {
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [web] }, ...template },
      ...spec,
    },
  });
}

export function configMap(rest: Sample, metadata: Sample = {}): Sample {
  return object('v1', 'ConfigMap', rest, metadata);
}

export function service(spec: Sample, metadata: Sample = {}): Sample {
  return object('v1', 'Service', { spec: { selector: labels, ports: [{ port: 80 }], ...spec } }, metadata);
}

export const backend = { service: { name: 'web', port: { number: 80 } } };

export function ingress(path: Sample, spec: Sample = {}): Sample {
  return object('networking.k8s.io/v1', 'Ingress', {
    spec: { rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend, ...path }] } }], ...spec },
  });
}

export function job(spec: Sample, podSpec: Sample = {}): Sample {
  return object('batch/v1', 'Job', {
    spec: { template: { spec: { restartPolicy: 'Never', containers: [web], ...podSpec } }, ...spec },
  });
}

export function cronJob(spec: Sample): Sample {
  const template = { spec: { restartPolicy: 'Never', containers: [web] } };
  return object('batch/v1', 'CronJob', {
    spec: { schedule: '0 * * * *', jobTemplate: { spec: { template } }, ...spec },
  });
}

export function autoscaler(spec: Sample): Sample {
  return object('autoscaling/v2', 'HorizontalPodAutoscaler', {
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      maxReplicas: 3,
      ...spec,
    },
  });
}

export function claim(spec: Sample): Sample {
  return object('v1', 'PersistentVolumeClaim', {
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
  });
}

export function role(rule: Sample, kind = 'Role'): Sample {
  return object('rbac.authorization.k8s.io/v1', kind, {
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'], ...rule }],
  });
}

export function binding(rest: Sample): Sample {
  return object('rbac.authorization.k8s.io/v1', 'RoleBinding', {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
    subjects: [{ kind: 'ServiceAccount', name: 'a', namespace: 'default' }],
    ...rest,
  });
}

/** @param podSpec of its template */
export function statefulSet(podSpec: Sample): Sample {
  return object('apps/v1', 'StatefulSet', {
    spec: {
      serviceName: 'web',
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpec },
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      ],
    },
  });
}

export const http = { httpGet: { path: '/', port: 80 } };
export const mount = { name: 'data', mountPath: '/data' };
