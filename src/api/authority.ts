// An authority of a TrustPolicy: a key, or identities that an issuer's certificates name, under a trusted root.
import * as z from 'zod';
import { described, nameSchema } from './common.ts';

const dataKeySchema = z
  .string()
  .min(1)
  .max(253)
  .regex(/^[-._a-zA-Z0-9]+$/u);

const keySchema = z
  .object({
    data: z.string().min(1).max(16_384).optional().meta(described('Public key in PEM: ECDSA P-256 or RSA.')),
    secretRef: z
      .object({
        name: nameSchema.meta(described("Name of the Secret, in the puller's namespace.")),
        key: dataKeySchema.default('cosign.pub').meta(described('Key of its data that holds the PEM.')),
      })
      .optional()
      .meta(described("Secret of the puller's namespace that holds the public key.")),
  })
  .meta({
    'x-kubernetes-validations': [
      { rule: 'has(self.data) != has(self.secretRef)', message: 'a key needs either data or secretRef' },
    ],
  });

const claim = z.string().min(1).max(2048).optional();

const claimsSchema = z.object({
  sourceRepositoryUri: claim.meta(described('URI of the repository that ran the workflow.')),
  sourceRepositoryId: claim.meta(described('Its id, which survives renames and is never given anew.')),
  ownerUri: claim.meta(described("URI of the repository's owner.")),
  ownerId: claim.meta(described("The owner's id.")),
  ref: claim.meta(described('Git ref that the workflow ran on, `refs/heads/main`.')),
  workflow: claim.meta(described('URI of the top-level workflow, with its ref.')),
  buildSignerUri: claim.meta(described('URI of the workflow that asked for the certificate, with its ref.')),
  trigger: claim.meta(described('Event that started the workflow.')),
  runnerEnvironment: claim.meta(described('`github-hosted` or `self-hosted`.')),
  visibility: claim.meta(described('Visibility of the repository at signing.')),
  environment: claim.meta(described('Deployment environment of the job, whose approvers decide.')),
});

const keylessSchema = z
  .object({
    issuer: z.string().min(1).max(2048).meta(described('Issuer that the certificate must name, exactly.')),
    subject: z.string().min(1).max(2048).optional().meta(described('Subject that it must name, exactly.')),
    subjectRegExp: z
      .string()
      .min(1)
      .max(512)
      .optional()
      .meta(described('Regular expression that must match the whole subject.')),
    claims: claimsSchema
      .optional()
      .meta(described("Values that the certificate's extensions must have, exactly.")),
    trustedRootRef: z
      .object({
        kind: z.enum(['ConfigMap', 'Secret']).default('ConfigMap').meta(described('Kind of the object.')),
        name: nameSchema.meta(described("Name of the object, in the puller's namespace.")),
        key: dataKeySchema
          .default('trusted_root.json')
          .meta(described('Key of its data that holds the JSON.')),
      })
      .meta(described('Trusted root: whose certificates, logs and timestamps count.')),
    logThreshold: z.int().min(0).max(8).optional().meta({
      description: 'Log entries that must be proven. Where absent: 1 under a root with a log, else 0.',
      format: 'int32',
    }),
    timestampThreshold: z.int().min(1).max(8).default(1).meta({
      description: 'Times of signing that must be proven, by timestamp authorities or by a log.',
      format: 'int32',
    }),
  })
  .meta({
    'x-kubernetes-validations': [
      {
        rule: 'has(self.subject) != has(self.subjectRegExp)',
        message: 'an identity needs either subject or subjectRegExp',
      },
    ],
  });

/** One authority of a policy, by name. */
export const authoritySchema = z
  .object({
    name: nameSchema.meta(described('Name that the other fields refer to.')),
    key: keySchema.optional().meta(described('The key of this authority.')),
    keyless: keylessSchema.optional().meta(described('Certified identities that are this authority.')),
  })
  .meta({
    'x-kubernetes-validations': [
      { rule: 'has(self.key) != has(self.keyless)', message: 'an authority needs either key or keyless' },
    ],
  });
