// Where Kubernetes compares otherwise than CEL: lists that are sets or maps are equal in whatever order, and a key is in a
// map whose value is null. https://kubernetes.io/docs/reference/using-api/cel/
import {
  celFunc,
  CelScalar,
  isCelList,
  mapType,
  type CelFunc,
  type CelList,
  type CelValue,
} from '@bufbuild/cel';
import { spendComparison, spendWalk, type Meter } from '../meter.ts';
import { areEqual } from './lists.ts';

const { BOOL, DYN, STRING } = CelScalar;

/** Lists whose order says nothing. */
export const unordered = new WeakSet<CelList>();

export function equalityFunctions(meter: Meter): readonly CelFunc[] {
  const isSame = (left: CelValue, right: CelValue): boolean => {
    if (!isCelList(left) || !isCelList(right) || !unordered.has(left)) {
      spendComparison(left, right, meter);
      return areEqual(left, right);
    }
    if (left.size !== right.size) return false;
    // Each item of one is looked for in the other.
    for (let turn = 0; turn <= left.size; turn += 1) spendWalk(right, meter);
    const others = [...right];
    return [...left].every((one) => others.some((other) => areEqual(one, other)));
  };
  return [
    celFunc('_==_', [DYN, DYN], BOOL, isSame),
    celFunc('_!=_', [DYN, DYN], BOOL, (left, right) => !isSame(left, right)),
    celFunc('@in', [STRING, mapType(DYN, DYN)], BOOL, (key, map) => map.get(key) !== undefined),
  ];
}
