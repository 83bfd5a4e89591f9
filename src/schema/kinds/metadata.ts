// Names, namespaces, labels, annotations and finalizers, as the API server checks those of every kind.
import { isDnsLabel, isDnsSubdomain, isLabelValue, isQualifiedName } from '../../resources/names.ts';
import { below, checkText, entriesOf, itemsOf, textOf, type Field } from './fields.ts';

/** Bytes of all annotations of an object, keys included. */
const annotationBytes = 262_144;
const dnsLabel = 'a DNS label: a-z, 0-9 and dashes between them, at most 63';
const dnsSubdomain = 'a DNS name: a-z, 0-9, dashes and dots between them, at most 253';

type Form = { readonly isOfForm: (text: string) => boolean; readonly expected: string };

const label: Form = { isOfForm: isDnsLabel, expected: dnsLabel };
const subdomain: Form = { isOfForm: isDnsSubdomain, expected: dnsSubdomain };
const segment: Form = {
  isOfForm: (text) => text !== '.' && text !== '..' && !/[/%]/u.test(text),
  expected: 'a name without / and %',
};

function shorter(most: number, form: Form): Form {
  return {
    isOfForm: (text) => text.length <= most && form.isOfForm(text),
    expected: `${form.expected.replace(/, at most \d+$/u, '')}, at most ${most}`,
  };
}

/** Kinds whose names are of another form than most. */
const forms: Readonly<Record<string, Form>> = {
  Namespace: label,
  Service: label,
  'StatefulSet.apps': label,
  'CronJob.batch': shorter(52, subdomain),
  // Pods get it as a label.
  'Job.batch': shorter(63, subdomain),
  'Role.rbac.authorization.k8s.io': segment,
  'RoleBinding.rbac.authorization.k8s.io': segment,
  'ClusterRole.rbac.authorization.k8s.io': segment,
  'ClusterRoleBinding.rbac.authorization.k8s.io': segment,
};

/** Groups whose names have forms of their own, which are not looked at here. */
const otherGroups: ReadonlySet<string> = new Set([
  'certificates.k8s.io',
  'apiregistration.k8s.io',
  'events.k8s.io',
]);
const otherKinds: ReadonlySet<string> = new Set([
  'Event',
  'CSIDriver.storage.k8s.io',
  'IPAddress.networking.k8s.io',
]);

/** The metadata of an object. */
export function checkMetadata(object: Field, group: string): void {
  const kind = textOf(below(object, 'kind'));
  const key = group === '' ? kind : `${kind}.${group}`;
  const metadata = below(object, 'metadata');
  if (!otherGroups.has(group) && !otherKinds.has(key)) {
    const { isOfForm, expected } = forms[key] ?? subdomain;
    checkText(below(metadata, 'name'), isOfForm, expected);
  }
  checkText(below(metadata, 'namespace'), isDnsLabel, dnsLabel);
  checkLabelled(metadata);
}

/** Labels and annotations, also of a template. */
export function checkLabelled(metadata: Field): void {
  checkLabels(below(metadata, 'labels'));
  const annotations = below(metadata, 'annotations');
  let bytes = 0;
  for (const [key, value] of entriesOf(annotations)) {
    if (!isQualifiedName(key.toLowerCase())) value.refuse(keyForm);
    bytes += Buffer.byteLength(key) + Buffer.byteLength(textOf(value));
  }
  if (bytes > annotationBytes) annotations.refuse(`at most ${annotationBytes} bytes`, `${bytes} bytes`);
  for (const finalizer of itemsOf(below(metadata, 'finalizers')))
    checkText(finalizer, isQualifiedName, keyForm);
}

const keyForm = 'a key as NAME or PREFIX/NAME, its prefix a DNS name';

/** A map of labels, as a selector has one, too. */
export function checkLabels(labels: Field): void {
  for (const [key, value] of entriesOf(labels)) {
    if (!isQualifiedName(key)) value.refuse(keyForm);
    checkText(value, isLabelValue, 'a label: letters, digits, -, _ and . between them, at most 63');
  }
}

export const subdomainForm = dnsSubdomain;
export const labelForm = dnsLabel;
