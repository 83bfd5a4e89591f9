// Quantities, as `1.5Gi` and `500m`: exact numbers of billionths, which is as fine as Kubernetes keeps them.
// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
export type Quantity = {
  readonly nanos: bigint;
  /** Whether the API server keeps it as a whole number. */
  readonly isInteger: boolean;
};

/** Billionths of one. */
export const nanosOfOne = 1_000_000_000n;

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

/** The quantity that a text is, or undefined. */
export function parseQuantity(text: string): Quantity | undefined {
  const [matched, sign, whole = '', fraction = '', suffix = ''] = pattern.exec(text) ?? [];
  if (matched === undefined || text.length > maxLength || `${whole}${fraction}` === '') return undefined;
  const power = binary.indexOf(suffix) + 1;
  const exponent = exponentOf(suffix) - fraction.length;
  const scaled = BigInt(`${whole}${fraction}`) * nanosOfOne * 1024n ** BigInt(power);
  const nanos = exponent >= 0 ? scaled * 10n ** BigInt(exponent) : divideUp(scaled, 10n ** BigInt(-exponent));
  const isWhole = nanos === 0n || (power > 0 ? fraction === '' : exponent >= 0);
  return {
    nanos: sign === '-' ? -nanos : nanos,
    isInteger: isWhole && nanos / nanosOfOne <= maxInteger,
  };
}

/** Powers of ten that a suffix stands for. */
function exponentOf(suffix: string): number {
  return decimal[suffix] ?? (/^[eE]./u.test(suffix) ? Number(suffix.slice(1)) : 0);
}

function divideUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by;
}
