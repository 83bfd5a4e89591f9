// How kubectl reads plain scalars: sigs.k8s.io/yaml's resolution, which is neither YAML 1.1 nor 1.2 as npm's yaml
// has them (`0644` is 420, `on` is true, `1:30` stays text, `1_000` is 1000). Each rule here was compared with it.
import type { ScalarTag } from 'yaml';

const TRUE = /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/u;
const FALSE = /^(?:n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/u;
const NULL = /^(?:~|null|Null|NULL)?$/u;
/** What may be a number: the first character decides which rules are tried. */
const NUMBER_LIKE = /^[-+.0-9][-+.0-9a-fA-FoOxX_]*$/u;
/** Go's strconv.ParseInt with base 0, once underscores are dropped. */
const INTEGER = /^[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)$/u;
/** The rest of a binary number may have its sign behind the prefix. */
const SIGNED_BINARY = /^0b[-+][01]+$/u;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/u;
/** Behind a point in front, underscores must stand between digits. */
const POINT_FLOAT = /^\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?$/u;
const NOT_FINITE = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/u;

/** An integer that JavaScript's numbers would change silently, or a value that JSON does not have. */
export class UnrepresentableScalarError extends Error {}

/** What is said of such scalars, never with their text: it may be a Secret's value, and messages come into logs. */
const scalarProblems = {
  size: 'integer is too large to be carried exactly; quote it',
  notFinite: 'value is not a number that JSON has; quote it',
  tag: 'value is not what its tag says',
} as const;

/** Whether a problem that the parser reports is one that was found here. */
export function isScalarProblem(message: string): boolean {
  return Object.values<string>(scalarProblems).includes(message);
}

/** @throws UnrepresentableScalarError */
function parseInteger(text: string): number {
  const isNegative = text.startsWith('-') || text.startsWith('0b-');
  const digits = text.replace(/^[-+]/u, '').replace(/^0b[-+]/u, '0b');
  const isOldOctal = /^0[0-7]+$/u.test(digits);
  const size = BigInt(isOldOctal ? `0o${digits.slice(1)}` : digits);
  const number = Number(isNegative ? -size : size);
  if (!Number.isSafeInteger(number)) {
    throw new UnrepresentableScalarError(scalarProblems.size);
  }
  // Go has no negative zero among its integers.
  return number === 0 ? 0 : number;
}

/** Whether a plain scalar is an integer. */
export function isIntegerText(text: string): boolean {
  const plain = text.replaceAll('_', '');
  return !/^[._]/u.test(text) && (INTEGER.test(plain) || SIGNED_BINARY.test(plain));
}

/**
 * A plain scalar as a number, or as the text that it stays.
 * @throws UnrepresentableScalarError
 */
function readNumber(text: string): number | string {
  const plain = text.replaceAll('_', '');
  if (isIntegerText(text)) return parseInteger(plain);
  const isFloat = text.startsWith('.') ? POINT_FLOAT.test(text) : FLOAT.test(plain);
  const number = isFloat ? Number(plain) : Number.NaN;
  return Number.isFinite(number) ? number : text;
}

const tagPrefix = 'tag:yaml.org,2002:';

function scalarTag(name: string, test: RegExp, resolve: ScalarTag['resolve']): ScalarTag {
  return { tag: `${tagPrefix}${name}`, default: true, test, resolve };
}

/** A tag that only counts where it is written. */
function explicitTag(name: string, accepts: (text: string) => boolean): ScalarTag {
  return {
    tag: `${tagPrefix}${name}`,
    resolve: (text) => {
      if (accepts(text)) return readNumber(text);
      throw new UnrepresentableScalarError(scalarProblems.tag);
    },
  };
}

/** The tags to add to npm yaml's `failsafe` schema; the first whose test matches wins. */
export const kubernetesTags: readonly ScalarTag[] = [
  scalarTag('null', NULL, () => null),
  scalarTag('bool', TRUE, () => true),
  scalarTag('bool', FALSE, () => false),
  scalarTag('float', NOT_FINITE, () => {
    throw new UnrepresentableScalarError(scalarProblems.notFinite);
  }),
  scalarTag('number', NUMBER_LIKE, readNumber),
  explicitTag('int', isIntegerText),
  explicitTag('float', (text) => typeof readNumber(text) === 'number'),
];

/** What kubectl makes of plain text: null, a boolean or a number, or text where it is none of them that JSON has. */
export function readPlainScalar(text: string): null | boolean | number | string {
  if (NULL.test(text)) return null;
  if (TRUE.test(text)) return true;
  if (FALSE.test(text)) return false;
  if (!NUMBER_LIKE.test(text)) return text;
  try {
    return readNumber(text);
  } catch (error) {
    // A number that can't be carried exactly stays what was written.
    if (error instanceof UnrepresentableScalarError) return text;
    throw error;
  }
}
