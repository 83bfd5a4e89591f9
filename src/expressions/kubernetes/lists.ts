// Lists and sets in CEL, as Kubernetes and cel-go's extensions have them. Each pays for all that it compares.
// https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-list-library
import {
  celFunc,
  celList,
  celMethod,
  CelScalar,
  isCelError,
  isCelList,
  listType,
  type CelFunc,
  type CelInput,
  type CelList,
  type CelValue,
} from '@bufbuild/cel';
import { builtIn, spendWalk, type Meter } from '../meter.ts';

const { BOOL, DYN, INT } = CelScalar;
const list = listType(DYN);
/** The longest list that a range makes. */
const maxRange = 10_000;

/** What CEL's own function of this name says. */
function callBuiltIn(name: string, ...args: CelValue[]): CelValue {
  for (const one of builtIn) {
    if (one.name !== name) continue;
    const result = one.call(0, undefined, args);
    if (isCelError(result)) throw result;
    if (result !== undefined) return result;
  }
  throw new Error(`found no matching overload for ${name}`);
}

function isLess(left: CelValue, right: CelValue): boolean {
  return callBuiltIn('_<_', left, right) === true;
}

export function areEqual(left: CelValue, right: CelValue): boolean {
  return callBuiltIn('_==_', left, right) === true;
}

function extreme(
  values: readonly CelValue[],
  isBetter: (one: CelValue, than: CelValue) => boolean,
): CelValue {
  const [first, ...rest] = values;
  if (first === undefined) throw new Error('invalid empty list');
  return rest.reduce((best, one) => (isBetter(one, best) ? one : best), first);
}

function sum(values: readonly CelValue[]): CelInput {
  const [first, ...rest] = values;
  return first === undefined ? 0n : rest.reduce((total, one) => callBuiltIn('_+_', total, one), first);
}

function slice(values: readonly CelValue[], from: CelValue, to: CelValue): CelInput {
  const [start, end] = [Number(from), Number(to)];
  if (start < 0 || end > values.length || start > end) throw new Error('index out of bounds');
  return values.slice(start, end);
}

function flatten(values: readonly CelValue[], depth: number): readonly CelValue[] {
  if (depth < 0) throw new Error('invalid depth');
  return values.flatMap((one) => (isCelList(one) && depth > 0 ? flatten([...one], depth - 1) : [one]));
}

function distinct(values: readonly CelValue[]): readonly CelValue[] {
  return values.filter((one, index) => values.findIndex((other) => areEqual(one, other)) === index);
}

function isWithin(left: readonly CelValue[], right: readonly CelValue[]): boolean {
  return left.every((one) => right.some((other) => areEqual(one, other)));
}

export function listFunctions(meter: Meter): readonly CelFunc[] {
  /** @param turns how often the list is gone through */
  const read = (value: CelList, turns = 1): readonly CelValue[] => {
    for (let turn = 0; turn < turns; turn += 1) spendWalk(value, meter);
    return [...value];
  };
  const method = (name: string, call: (values: readonly CelValue[]) => CelInput): CelFunc =>
    celMethod(name, list, [], DYN, function callMethod(this: CelList) {
      return call(read(this));
    });
  const search = (name: 'indexOf' | 'lastIndexOf'): CelFunc =>
    celMethod(name, list, [DYN], INT, function callMethod(this: CelList, wanted) {
      const values = read(this);
      const fits = (one: CelValue): boolean => areEqual(one, wanted);
      return BigInt(name === 'indexOf' ? values.findIndex(fits) : values.findLastIndex(fits));
    });
  const sets = (
    name: string,
    call: (left: readonly CelValue[], right: readonly CelValue[]) => boolean,
  ): CelFunc =>
    celFunc(`sets.${name}`, [list, list], BOOL, (left, right) =>
      call(read(left, right.size + 1), read(right, left.size + 1)),
    );
  return [
    method('isSorted', (values) =>
      values.every((one, index) => index === 0 || !isLess(one, values[index - 1] ?? one)),
    ),
    method('sum', sum),
    method('min', (values) => extreme(values, isLess)),
    method('max', (values) => extreme(values, (one, than) => isLess(than, one))),
    search('indexOf'),
    search('lastIndexOf'),
    celMethod('slice', list, [INT, INT], list, function callMethod(this: CelList, from, to) {
      return celList([...(slice(read(this), from, to) as readonly CelValue[])]);
    }),
    method('flatten', (values) => celList(flatten(values, 1))),
    celMethod('distinct', list, [], list, function callMethod(this: CelList) {
      return celList(distinct(read(this, this.size + 1)));
    }),
    method('reverse', (values) => celList(values.toReversed())),
    method('sort', (values) =>
      celList(values.toSorted((a, b) => (isLess(a, b) ? -1 : isLess(b, a) ? 1 : 0))),
    ),
    celFunc('lists.range', [INT], list, (count) => {
      if (count < 0n || count > maxRange) throw new Error('invalid range');
      meter.spend(Number(count));
      return celList(Array.from({ length: Number(count) }, (_, index) => BigInt(index)));
    }),
    sets('contains', (left, right) => isWithin(right, left)),
    sets('equivalent', (left, right) => isWithin(left, right) && isWithin(right, left)),
    sets('intersects', (left, right) => left.some((one) => isWithin([one], right))),
  ];
}
