// What we know of any Kubernetes object: its metadata is checked, everything else is kept as it came.
// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/

import * as z from 'zod';

const managedFieldsEntrySchema = z.looseObject({
  manager: z.string().optional(),
  /** `Apply` or `Update`. */
  operation: z.string().optional(),
  apiVersion: z.string().optional(),
  time: z.string().optional(),
  subresource: z.string().optional(),
  fieldsV1: z.record(z.string(), z.unknown()).optional(),
});

const ownerReferenceSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  name: z.string(),
  uid: z.string(),
  controller: z.boolean().optional(),
});

const metadataSchema = z.looseObject({
  name: z.string(),
  namespace: z.string().optional(),
  uid: z.string(),
  resourceVersion: z.string(),
  generation: z.number().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  finalizers: z.array(z.string()).optional(),
  creationTimestamp: z.string().nullish(),
  deletionTimestamp: z.string().optional(),
  ownerReferences: z.array(ownerReferenceSchema).optional(),
  managedFields: z.array(managedFieldsEntrySchema).optional(),
});

/** Schema of any stored object; metadata-only answers have it too. */
export const kubeObjectSchema = z.looseObject({
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  metadata: metadataSchema,
});

export type KubeObject = z.infer<typeof kubeObjectSchema>;
export type KubeMetadata = z.infer<typeof metadataSchema>;
export type ManagedFieldsEntry = z.infer<typeof managedFieldsEntrySchema>;

/** `Accept` of an answer that is one object's metadata: no spec, no Secret's data. */
export const acceptObjectMetadata = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';

/** `Accept` of a list's answer that holds only metadata. */
export const acceptListMetadata = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

/** `Content-Type` of a server-side apply; a JSON body is YAML too. */
export const applyContentType = 'application/apply-patch+yaml';
