// The rules of a schema (`x-kubernetes-validations`) as a CRD has them. They are compiled when the first object needs them.
import * as z from 'zod';
import type { SchemaNode, SchemaRule } from './node.ts';

export const rulesSchema = z.array(
  z.looseObject({
    rule: z.string(),
    message: z.string().nullish(),
    messageExpression: z.string().nullish(),
    fieldPath: z.string().nullish(),
  }),
);

/** @param path of the list in the CRD */
export function readRules(
  rules: z.infer<typeof rulesSchema>,
  path: readonly string[],
): Pick<SchemaNode, 'rules'> {
  const read = rules
    .map(({ rule, message, messageExpression, fieldPath }, index): SchemaRule => ({
      text: rule,
      ...(typeof message === 'string' && message !== '' ? { message } : {}),
      ...(typeof messageExpression === 'string' && messageExpression !== '' ? { messageExpression } : {}),
      fieldPath: stepsOf(fieldPath ?? ''),
      path: [...path, `${index}`, 'rule'],
    }))
    .filter(({ text }) => text.trim() !== '' && !usesOldObject(text));
  return read.length === 0 ? {} : { rules: read };
}

/** A rule on a change has nothing to compare with where there is no cluster. */
function usesOldObject(text: string): boolean {
  return /\boldSelf\b/u.test(text);
}

/** Steps of a path as `.a.b['c-d']`. */
function stepsOf(path: string): readonly string[] {
  return [...path.matchAll(/\.([\w-]+)|\['((?:[^'\\]|\\.)*)'\]/gu)].map(
    ([, name, quoted = '']) => name ?? quoted.replaceAll(/\\(.)/gu, '$1'),
  );
}
