// Values of the kinds that Kubernetes adds to CEL: quantities, addresses, networks, URLs, optional values. To the library
// each is a map that nobody can make in an expression; equal ones have equal texts.
import { celMap, celMethod, isCelMap, mapType, CelScalar, type CelFunc, type CelMap } from '@bufbuild/cel';
import type { CelInput, CelType, CelValue } from '@bufbuild/cel';

/** A kind of values, made of and read as T. */
export type Opaque<T> = {
  wrap(value: T): CelMap;
  /** @throws Error for what is no such value */
  unwrap(value: unknown): T;
  is(value: unknown): boolean;
  /** A function that is called on such values. */
  method(
    name: string,
    args: readonly CelType[],
    call: (value: T, ...args: readonly CelValue[]) => CelInput,
  ): CelFunc;
};

/** Of all kinds a method belongs to: its name says nothing of that. */
export const opaqueType = mapType(CelScalar.DYN, CelScalar.DYN);

/** @param format gives equal texts for equal values */
export function opaqueKind<T>(kind: string, format: (value: T) => CelInput): Opaque<T> {
  const values = new WeakMap<object, { readonly value: T }>();
  const unwrap = (wrapped: unknown): T => {
    const found = isCelMap(wrapped) ? values.get(wrapped) : undefined;
    if (found === undefined) throw new Error(`found no matching overload: not a ${kind}`);
    return found.value;
  };
  return {
    wrap: (value) => {
      const map = celMap(new Map<string, CelInput>([[`@${kind}`, format(value)]]));
      values.set(map, { value });
      return map;
    },
    unwrap,
    is: (wrapped) => isCelMap(wrapped) && values.has(wrapped),
    method: (name, args, call) =>
      celMethod(name, opaqueType, args, CelScalar.DYN, function callMethod(this: CelMap, ...given) {
        return call(unwrap(this), ...given);
      }),
  };
}
