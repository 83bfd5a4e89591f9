// Quantities in CEL, as `quantity('1.5Gi')`.
// https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-quantity-library
import { celFunc, CelScalar, type CelFunc, type CelValue } from '@bufbuild/cel';
import { nanosOfOne as one, parseQuantity, type Quantity } from '../../resources/quantity.ts';
import { opaqueKind, opaqueType } from './opaque.ts';

const { BOOL, DYN, INT, STRING } = CelScalar;

export const quantities = opaqueKind<Quantity>('quantity', ({ nanos }) => String(nanos));

function read(text: CelValue): Quantity {
  const found = typeof text === 'string' ? parseQuantity(text) : undefined;
  if (found === undefined) throw new Error('invalid quantity');
  return found;
}

function compare(left: Quantity, right: CelValue | undefined): bigint {
  const other = quantities.unwrap(right).nanos;
  return left.nanos < other ? -1n : left.nanos > other ? 1n : 0n;
}

/** What is added or subtracted: a quantity, or a whole number. */
function operand(value: CelValue | undefined): Quantity {
  return typeof value === 'bigint' ? { nanos: value * one, isInteger: true } : quantities.unwrap(value);
}

function add(left: Quantity, right: Quantity, sign: bigint): Quantity {
  const nanos = left.nanos + sign * right.nanos;
  return { nanos, isInteger: nanos % one === 0n && left.isInteger && right.isInteger };
}

export function quantityFunctions(): readonly CelFunc[] {
  const { method, wrap } = quantities;
  return [
    celFunc('quantity', [STRING], DYN, (text) => wrap(read(text))),
    celFunc('isQuantity', [STRING], BOOL, (text) => parseQuantity(text) !== undefined),
    celFunc('sign', [opaqueType], INT, (value) => {
      const { nanos } = quantities.unwrap(value);
      return nanos > 0n ? 1n : nanos < 0n ? -1n : 0n;
    }),
    method('isInteger', [], ({ isInteger }) => isInteger),
    method('asInteger', [], ({ nanos, isInteger }) => {
      if (!isInteger) throw new Error('invalid quantity for an integer');
      return nanos / one;
    }),
    method('asApproximateFloat', [], ({ nanos }) => Number(nanos) / Number(one)),
    method('isGreaterThan', [DYN], (left, right) => compare(left, right) > 0n),
    method('isLessThan', [DYN], (left, right) => compare(left, right) < 0n),
    method('compareTo', [DYN], (left, right) => compare(left, right)),
    method('add', [DYN], (left, right) => wrap(add(left, operand(right), 1n))),
    method('sub', [DYN], (left, right) => wrap(add(left, operand(right), -1n))),
  ];
}
