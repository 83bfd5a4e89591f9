// What transforms make of objects is held to what an artifact may hold: names, sizes, depths, and no two of one name.
import { InputError } from '../errors.ts';
import { resourceLimits } from '../limits.ts';
import {
  formatIdentity,
  identityKey,
  identityOf,
  resourceSchema,
  type Resource,
} from '../resources/resource.ts';
import type { Value } from '../resources/values.ts';
import type { ValueMap } from './edit.ts';

/**
 * The objects that transforms have made, as resources.
 * @throws InputError `INPUT_INVALID` for what would be refused in an artifact
 */
export function assertAcceptable(objects: readonly ValueMap[]): readonly Resource[] {
  const seen = new Set<string>();
  return objects.map((value) => {
    const { data, error } = resourceSchema.safeParse(value);
    if (data === undefined) {
      const [issue] = error.issues;
      const field = issue?.path.map(String).join('.') ?? '';
      throw refusal(`an object is none any longer: ${field}: ${issue?.message ?? 'is not valid'}`);
    }
    const identity = identityOf(data);
    const label = formatIdentity(identity);
    const key = identityKey(identity);
    if (seen.has(key)) throw refusal(`two objects become ${label}`);
    seen.add(key);
    if (isTooDeep(value)) throw refusal(`${label} nests deeper than ${resourceLimits.depth} levels`);
    const bytes = Buffer.byteLength(JSON.stringify(value));
    if (bytes > resourceLimits.resourceBytes)
      throw refusal(
        `${label} has ${bytes} bytes, more than the API server takes (${resourceLimits.resourceBytes})`,
      );
    return data;
  });
}

function isTooDeep(value: Value): boolean {
  let level: Value[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > resourceLimits.depth) return true;
    level = level.flatMap((one) =>
      typeof one === 'object' && one !== null ? Object.values<Value>(one) : [],
    );
  }
  return false;
}

function refusal(message: string): InputError {
  return new InputError('INPUT_INVALID', `after the Delivery's transforms ${message}`);
}
