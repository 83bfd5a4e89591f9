// Where a Delivery's artifact comes from. Field names are those of Flux's OCIRepository.
import * as z from 'zod';
import {
  described,
  digestTextSchema,
  durationSchema,
  nameSchema,
  tagSchema,
  type SchemaExtras,
} from './common.ts';

/** A Secret of the Delivery's namespace. */
const secretRefSchema = z.object({ name: nameSchema.meta(described('Name of the Secret.')) });

/** Which artifact of the repository: the first that is given of digest, semver, tag. */
const refSchema = z
  .object({
    tag: tagSchema.optional().meta(described('Tag to follow; under a policy with promotion, a channel.')),
    semver: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .meta(described('Range of versions: the tag with the highest version in it is followed. Before tag.')),
    semverFilter: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .meta(described('Regular expression (RE2) that tags must match to count for semver.')),
    digest: digestTextSchema
      .optional()
      .meta(described('Digest of the artifact, which never moves. Before semver and tag.')),
  })
  .meta({
    description: 'Which artifact of the repository to follow.',
    'x-kubernetes-validations': [
      {
        rule: 'has(self.tag) || has(self.semver) || has(self.digest)',
        message: 'ref needs a tag, a semver range or a digest',
      },
    ],
  } satisfies SchemaExtras & { description: string });

const layerSelectorSchema = z
  .object({
    mediaType: z
      .string()
      .max(255)
      .optional()
      .meta(described('Media type of the layer to read; the first layer of this type counts.')),
    operation: z
      .enum(['extract', 'copy'])
      .default('extract')
      .meta(described('extract: the layer is a compressed archive. copy: the layer is the file itself.')),
  })
  .meta(described('Which layer holds the resources. A transform: policies must allow it.'));

const providerMessage =
  'provider must be generic: there are no cloud log-ins; give a pull Secret by secretRef or serviceAccountName';

export const sourceSchema = z
  .object({
    url: z
      .string()
      .max(512)
      .regex(/^(oci:\/\/|oci-layout:)[!"$->A-~]+$/u)
      .meta(
        described(
          'Repository of the artifact, `oci://HOST[:PORT]/REPOSITORY`, or an image layout below a folder that the admin gave a name, `oci-layout:NAME[/PATH]`; without tag and digest.',
        ),
      ),
    ref: refSchema,
    provider: z
      .string()
      .max(32)
      .refine((provider) => provider === 'generic', providerMessage)
      .optional()
      .meta({
        description: 'generic, which is all that there is: Flux has log-ins of clouds beside it.',
        'x-kubernetes-validations': [{ rule: "self == 'generic'", message: providerMessage }],
      } satisfies SchemaExtras & { description: string }),
    layerSelector: layerSelectorSchema.optional(),
    interval: durationSchema
      .default('5m')
      .meta(described('How often the registry is asked whether the tag has moved, with one HEAD request.')),
    timeout: durationSchema
      .default('60s')
      .meta(described('Time for one look at the registry, downloads included.')),
    insecure: z
      .boolean()
      .default(false)
      .meta(described('Plain HTTP to a registry that has no TLS. Signatures are verified all the same.')),
    secretRef: secretRefSchema
      .optional()
      .meta(
        described(
          "Pull Secret with credentials for the registry, of type kubernetes.io/dockerconfigjson. The Delivery's service account must be allowed to get it.",
        ),
      ),
    serviceAccountName: nameSchema
      .optional()
      .meta(
        described(
          "Service account of the Delivery's namespace whose imagePullSecrets count, after secretRef. The Delivery's own account must be allowed to get it, and them.",
        ),
      ),
    certSecretRef: secretRefSchema
      .optional()
      .meta(
        described(
          "Secret with the CA that the registry's certificate is checked with, `ca.crt`, and a client certificate, `tls.crt` and `tls.key`.",
        ),
      ),
    proxySecretRef: secretRefSchema
      .optional()
      .meta(described('Secret with the URL of a proxy, `address`, and perhaps `username` and `password`.')),
  })
  .meta(described('Where the artifact comes from.'));
