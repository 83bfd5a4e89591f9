// A Kubernetes object as data, and what identifies it: group, kind, namespace and name. The version does not:
// `apps/v1` and `apps/v1beta1` of one name are one object.
import * as z from 'zod';

const DNS_NAME_MAX = 253;

/** Whether a text holds a variable that is filled in once it is applied, or text that looks like it. */
export function isTemplate(text: string | null | undefined): boolean {
  return text?.includes('${') === true;
}

/** A variable may stand in it: what is filled in is checked again. */
function isNamespaceText(text: string): boolean {
  if (isTemplate(text)) return /^[^%\s\p{Cc}]+$/u.test(text);
  return text.length <= 63 && /^([a-z0-9]([a-z0-9-]*[a-z0-9])?)?$/u.test(text);
}

const stringMap = z.record(z.string().max(400), z.string());

/** What every object must have before it may be packed or applied. Other members are kept as they are. */
export const resourceSchema = z.looseObject({
  apiVersion: z
    .string()
    .max(DNS_NAME_MAX + 64)
    .regex(/^(?:[a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?v?[a-z0-9]+$/u, 'is not GROUP/VERSION or VERSION'),
  kind: z
    .string()
    .max(63)
    .regex(/^[A-Za-z][A-Za-z0-9]*$/u, 'is not a kind'),
  metadata: z.looseObject({
    name: z
      .string('must be text; generateName is not supported, since every apply would make another object')
      .min(1)
      .max(DNS_NAME_MAX)
      .regex(/^[^/%\s\p{Cc}]+$/u, 'has characters that a name can not have')
      .refine((name) => name !== '.' && name !== '..', { error: 'is not a name' }),
    namespace: z.string().max(253).refine(isNamespaceText, { error: 'is not a namespace name' }).nullish(),
    labels: stringMap.nullish(),
    annotations: stringMap.nullish(),
  }),
});

export type Resource = z.infer<typeof resourceSchema>;

export type ResourceIdentity = {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Absent for cluster-scoped objects and where a default is to be filled in. */
  readonly namespace?: string;
  readonly name: string;
};

/** Group and version of an apiVersion; the group of `v1` is empty. */
export function parseApiVersion(apiVersion: string): { readonly group: string; readonly version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

export function identityOf(resource: Resource): ResourceIdentity {
  const { name, namespace } = resource.metadata;
  return {
    ...parseApiVersion(resource.apiVersion),
    kind: resource.kind,
    // Helm writes empty ones.
    ...(namespace === undefined || namespace === null || namespace === '' ? {} : { namespace }),
    name,
  };
}

/** A key that is equal for equal objects, whatever their version: `group/Kind/namespace/name`. */
export function identityKey({ group, kind, namespace, name }: ResourceIdentity): string {
  return `${group}/${kind}/${namespace ?? ''}/${name}`;
}

/** As people write it: `Deployment.apps shop/web`. */
export function formatIdentity({ group, kind, namespace, name }: ResourceIdentity): string {
  return `${kind}${group === '' ? '' : `.${group}`} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}
