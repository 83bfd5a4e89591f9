// Values that a Delivery brings to a signed artifact: variables that are filled into its objects, and the keys that its
// encrypted files are read with. Fields are Flux's, with Flux's names.
import * as z from 'zod';
import { described, nameSchema } from './common.ts';

const variableSourceSchema = z.object({
  kind: z.enum(['ConfigMap', 'Secret']).meta(described('Kind of the object.')),
  name: nameSchema.meta(described("Name of an object of the Delivery's own namespace.")),
  optional: z
    .boolean()
    .default(false)
    .meta(described('Whether the object may be absent, and gives no variables then.')),
});

export const postBuildSchema = z.object({
  substitute: z
    .record(z.string(), z.string().max(65_536))
    .optional()
    .meta(described('Variables by name; they win over those of substituteFrom.')),
  substituteFrom: z
    .array(variableSourceSchema)
    .max(32)
    .optional()
    .meta(
      described(
        'ConfigMaps and Secrets whose members are variables; later ones win. They are read as the service account of the Delivery.',
      ),
    ),
  substituteStrategy: z
    .enum(['WithVariables', 'Always'])
    .default('WithVariables')
    .meta(
      described(
        'WithVariables: nothing is substituted where there is no variable at all. Always: expressions are, by their defaults.',
      ),
    ),
});

export const decryptionSchema = z.object({
  provider: z.literal('sops').meta(described('How the files are encrypted.')),
  secretRef: z
    .object({ name: nameSchema.meta(described("Name of a Secret of the Delivery's own namespace.")) })
    .meta(described('Secret with age identities, in members whose names end with .agekey.')),
});

export type PostBuild = z.infer<typeof postBuildSchema>;
export type Decryption = z.infer<typeof decryptionSchema>;
