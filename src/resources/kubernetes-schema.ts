// How kubectl reads plain scalars: sigs.k8s.io/yaml's resolution, which is neither YAML 1.1 nor 1.2 as npm's yaml
// has them (`0644` is 420, `on` is true, `1:30` stays text, `1_000` is 1000). Each rule here was compared with it.
import type { ScalarTag, TagId } from 'yaml';

const TRUE = /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/u;
const FALSE = /^(?:n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/u;
const NULL = /^(?:~|null|Null|NULL)?$/u;
/** Underscores are dropped anywhere but in front; then Go's strconv.ParseInt with base 0 decides. */
const INTEGER = /^[-+]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]+|0|[1-9][0-9_]*)$/u;
const FLOAT = /^[-+]?(?:\.[0-9][0-9_]*|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9_]+)?$/u;
const NOT_FINITE = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/u;

/** An integer that JavaScript's numbers would change silently, or a value that JSON does not have. */
export class UnrepresentableScalarError extends Error {}

/** @throws UnrepresentableScalarError */
function parseInteger(text: string): number {
  const plain = text.replaceAll('_', '');
  const sign = plain.startsWith('-') ? -1n : 1n;
  const digits = plain.replace(/^[-+]/u, '');
  const isOldOctal = /^0[0-7]+$/u.test(digits);
  const value = sign * BigInt(isOldOctal ? `0o${digits.slice(1)}` : digits);
  const number = Number(value);
  if (!Number.isSafeInteger(number)) {
    throw new UnrepresentableScalarError(`integer ${text} is too large to be carried exactly; quote it`);
  }
  // Go has no negative zero among its integers.
  return number === 0 ? 0 : number;
}

function isInteger(text: string): boolean {
  return (
    INTEGER.test(text) && /[0-9a-fA-F]$/u.test(text.replaceAll('_', '')) && !/^[-+]?0[xXbBoO]_*$/u.test(text)
  );
}

/** @throws UnrepresentableScalarError */
function parseFloatText(text: string): number | string {
  const number = Number(text.replaceAll('_', ''));
  return Number.isFinite(number) ? number : text;
}

const tagPrefix = 'tag:yaml.org,2002:';

const nullTag: ScalarTag = {
  tag: `${tagPrefix}null`,
  default: true,
  test: NULL,
  resolve: () => null,
  identify: (value) => value === null,
};
const trueTag: ScalarTag = { tag: `${tagPrefix}bool`, default: true, test: TRUE, resolve: () => true };
const falseTag: ScalarTag = { tag: `${tagPrefix}bool`, default: true, test: FALSE, resolve: () => false };
const integerTag: ScalarTag = {
  tag: `${tagPrefix}int`,
  default: true,
  test: INTEGER,
  resolve: (text) => (isInteger(text) ? parseInteger(text) : text),
};
const floatTag: ScalarTag = {
  tag: `${tagPrefix}float`,
  default: true,
  test: FLOAT,
  resolve: (text) => parseFloatText(text),
};
const notFiniteTag: ScalarTag = {
  tag: `${tagPrefix}float`,
  default: true,
  test: NOT_FINITE,
  resolve: (text) => {
    throw new UnrepresentableScalarError(`${text} is not a number that JSON has; quote it`);
  },
};

/** The tags to add to npm yaml's `failsafe` schema; the first whose test matches wins. */
export const kubernetesTags: readonly (ScalarTag | TagId)[] = [
  nullTag,
  trueTag,
  falseTag,
  integerTag,
  floatTag,
  notFiniteTag,
];
