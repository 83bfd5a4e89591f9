// Where kinds name container images: a table, from kinds of Kubernetes itself to those of controllers that many clusters
// have. A kind that is not in it names no image that we know of.

/** Members of a path; `*` is each item of a list. Ended by `pod`, it leads to what has the members of a pod's spec. */
export type ImagePath = readonly string[];

const podFields = [
  'containers.*.image',
  'initContainers.*.image',
  'ephemeralContainers.*.image',
  'volumes.*.image.reference',
];
const stepFields = ['steps.*.image', 'sidecars.*.image', 'stepTemplate.image'];
const workflowTemplate = ['container.image', 'script.image', 'initContainers.*.image', 'sidecars.*.image'];
const templates = [...workflowTemplate, 'containerSet.containers.*.image'];

const pod = (at: string): readonly string[] => podFields.map((field) => `${at}.${field}`);
const steps = (at: string): readonly string[] => stepFields.map((field) => `${at}.${field}`);
const workflow = (at: string): readonly string[] => templates.map((field) => `${at}.templates.*.${field}`);
const pipeline = (at: string): readonly string[] => [
  ...steps(`${at}.tasks.*.taskSpec`),
  ...steps(`${at}.finally.*.taskSpec`),
];

const template = pod('spec.template.spec');
const monitored = ['spec.image', ...pod('spec')];
const predictor = (at: string): readonly string[] => [
  ...pod(at),
  ...['model', 'sklearn', 'xgboost', 'tensorflow', 'pytorch', 'triton', 'onnx', 'huggingface'].map(
    (framework) => `${at}.${framework}.image`,
  ),
];

/** `Kind.group`, or the kind alone for those of the core group. */
const table: Readonly<Record<string, readonly string[]>> = {
  Pod: pod('spec'),
  PodTemplate: pod('template.spec'),
  ReplicationController: template,
  'Deployment.apps': template,
  'StatefulSet.apps': template,
  'DaemonSet.apps': template,
  'ReplicaSet.apps': template,
  'Job.batch': template,
  'CronJob.batch': pod('spec.jobTemplate.spec.template.spec'),
  'Rollout.argoproj.io': template,
  'Workflow.argoproj.io': workflow('spec'),
  'WorkflowTemplate.argoproj.io': workflow('spec'),
  'ClusterWorkflowTemplate.argoproj.io': workflow('spec'),
  'CronWorkflow.argoproj.io': workflow('spec.workflowSpec'),
  'Service.serving.knative.dev': template,
  'Configuration.serving.knative.dev': template,
  'Revision.serving.knative.dev': pod('spec'),
  'Task.tekton.dev': steps('spec'),
  'ClusterTask.tekton.dev': steps('spec'),
  'TaskRun.tekton.dev': steps('spec.taskSpec'),
  'Pipeline.tekton.dev': pipeline('spec'),
  'PipelineRun.tekton.dev': pipeline('spec.pipelineSpec'),
  'InferenceService.serving.kserve.io': [
    ...predictor('spec.predictor'),
    ...pod('spec.transformer'),
    ...pod('spec.explainer'),
  ],
  'ServingRuntime.serving.kserve.io': pod('spec'),
  'ClusterServingRuntime.serving.kserve.io': pod('spec'),
  'Prometheus.monitoring.coreos.com': monitored,
  'PrometheusAgent.monitoring.coreos.com': monitored,
  'Alertmanager.monitoring.coreos.com': monitored,
  'ThanosRuler.monitoring.coreos.com': monitored,
  'OpenTelemetryCollector.opentelemetry.io': ['spec.image', ...podFields.map((field) => `spec.${field}`)],
  'ScaledJob.keda.sh': pod('spec.jobTargetRef.template.spec'),
  'CloneSet.apps.kruise.io': template,
  'StatefulSet.apps.kruise.io': template,
  'DaemonSet.apps.kruise.io': template,
  'Cluster.postgresql.cnpg.io': ['spec.imageName'],
  'Elasticsearch.elasticsearch.k8s.elastic.co': ['spec.image', ...pod('spec.nodeSets.*.podTemplate.spec')],
  'Kibana.kibana.k8s.elastic.co': ['spec.image', ...pod('spec.podTemplate.spec')],
  'RayCluster.ray.io': [
    ...pod('spec.headGroupSpec.template.spec'),
    ...pod('spec.workerGroupSpecs.*.template.spec'),
  ],
  'SparkApplication.sparkoperator.k8s.io': ['spec.image', 'spec.driver.image', 'spec.executor.image'],
};

const paths = new Map(
  Object.entries(table).map(([kind, texts]) => [kind, texts.map((text): ImagePath => text.split('.'))]),
);

/** Paths of the images of a kind; the version does not matter. */
export function imagePathsOf(kind: string, group: string): readonly ImagePath[] {
  return paths.get(group === '' ? kind : `${kind}.${group}`) ?? [];
}
