// Quantities in CEL, as `quantity('1.5Gi')`: exact numbers of billionths, which is as fine as Kubernetes keeps them.
// https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-quantity-library
import { celFunc, CelScalar, type CelFunc, type CelValue } from '@bufbuild/cel';
import { opaqueKind, opaqueType } from './opaque.ts';

/** Billionths; and whether the API server keeps it as a whole number. */
type Quantity = { readonly nanos: bigint; readonly isInteger: boolean };

const one = 1_000_000_000n;
const pattern = /^([+-]?)(\d*)(?:\.(\d*))?(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d{1,2})?$/u;
const maxLength = 64;
const maxInteger = 2n ** 63n - 1n;
const binary: readonly string[] = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const decimal: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const { BOOL, DYN, INT, STRING } = CelScalar;

export const quantities = opaqueKind<Quantity>('quantity', ({ nanos }) => String(nanos));

/** The quantity that a text is, or undefined. */
export function parseQuantity(text: string): Quantity | undefined {
  const [matched, sign, whole = '', fraction = '', suffix = ''] = pattern.exec(text) ?? [];
  if (matched === undefined || text.length > maxLength || `${whole}${fraction}` === '') return undefined;
  const power = binary.indexOf(suffix) + 1;
  const exponent = exponentOf(suffix) - fraction.length;
  const scaled = BigInt(`${whole}${fraction}`) * one * 1024n ** BigInt(power);
  const nanos = exponent >= 0 ? scaled * 10n ** BigInt(exponent) : divideUp(scaled, 10n ** BigInt(-exponent));
  const isWhole = nanos === 0n || (power > 0 ? fraction === '' : exponent >= 0);
  return { nanos: sign === '-' ? -nanos : nanos, isInteger: isWhole && nanos / one <= maxInteger };
}

/** Powers of ten that a suffix stands for. */
function exponentOf(suffix: string): number {
  return decimal[suffix] ?? (/^[eE]./u.test(suffix) ? Number(suffix.slice(1)) : 0);
}

function divideUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by;
}

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
