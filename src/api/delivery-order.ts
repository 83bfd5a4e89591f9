// What a Delivery waits for: other Deliveries, and the health of objects.
import * as z from 'zod';
import { described, nameSchema } from './common.ts';

const expressionSchema = z.string().min(1).max(4096);

export const dependencySchema = z.object({
  name: nameSchema.meta(described('Delivery that must be ready first.')),
  namespace: nameSchema.optional().meta(described("Its namespace; the Delivery's own, where absent.")),
  readyExpr: expressionSchema
    .optional()
    .meta(
      described(
        "CEL over `dep` and `self`, both Deliveries; it must hold as well. Within one namespace, or from the puller's.",
      ),
    ),
});

export const healthCheckSchema = z.object({
  apiVersion: z.string().min(1).max(317).meta(described('API version of the object.')),
  kind: z.string().min(1).max(63).meta(described('Kind of the object.')),
  name: z.string().min(1).max(253).meta(described('Name of the object.')),
  namespace: z.string().max(63).optional().meta(described("Namespace; the Delivery's own, where absent.")),
});

export const healthCheckExprSchema = z.object({
  apiVersion: z.string().min(1).max(317).meta(described('API version; its group is what counts.')),
  kind: z.string().min(1).max(63).meta(described('Kind of the objects.')),
  inProgress: expressionSchema.optional().meta(described('CEL over the object: it is not done yet.')),
  failed: expressionSchema.optional().meta(described('CEL over the object: it has failed.')),
  current: expressionSchema.meta(described('CEL over the object: it is healthy.')),
});
