// Expressions in a text, as Flux' post-build substitution has them: `${var}`, defaults, cases, parts, replacements and
// `$$` for a dollar. A variable without a value and without a default is an error, as in Flux' strict mode.
// https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution
import { substitutionLimits } from '../../limits.ts';
import { matchEdge } from './glob.ts';

/** Why a text can't be expanded; `subject` is a variable's name or says what is wrong, never a value. */
export class ExpansionError extends Error {
  readonly kind: 'missing' | 'syntax' | 'limit';
  readonly subject: string;

  constructor(kind: ExpansionError['kind'], subject: string) {
    super(`${kind}: ${subject}`);
    this.kind = kind;
    this.subject = subject;
  }
}

/** What a name stands for; called for each use. */
export type Lookup = (name: string) => string | undefined;

/** Told what each expression of the text became, and by which variables. */
export type OnExpanded = (text: string, names: readonly string[]) => void;

/** Told of work before it is done; throws where it is too much. */
export type Spend = (steps: number) => void;

type Scan = {
  readonly text: string;
  readonly lookup: Lookup;
  readonly spend: Spend;
  at: number;
  depth: number;
  /** Names that the outermost expression has used so far. */
  names: string[];
};

/** Whether there is anything to expand. */
export function hasExpression(text: string): boolean {
  return text.includes('${') || text.includes('$$');
}

/**
 * The text with its expressions expanded. Values are not expanded again.
 * @throws ExpansionError
 */
export function expand(
  text: string,
  lookup: Lookup,
  onExpanded?: OnExpanded,
  spend: Spend = () => undefined,
): string {
  const scan: Scan = { text, lookup, spend, at: 0, depth: 0, names: [] };
  let result = '';
  while (scan.at < text.length) {
    const next = text.indexOf('$', scan.at);
    const end = next < 0 ? text.length : next;
    result += text.slice(scan.at, end);
    scan.at = end;
    if (next < 0) break;
    if (text[next + 1] === '{') {
      scan.names = [];
      const expanded = readExpression(scan);
      onExpanded?.(expanded, scan.names);
      result += expanded;
    } else {
      // `$$` is one dollar; a dollar before anything else is itself.
      result += '$';
      scan.at = next + (text[next + 1] === '$' ? 2 : 1);
    }
    if (result.length > substitutionLimits.resultLength)
      throw new ExpansionError('limit', `text grows beyond ${substitutionLimits.resultLength} characters`);
  }
  return result;
}

function syntax(subject: string): ExpansionError {
  return new ExpansionError('syntax', subject);
}

const namePattern = /[\p{L}\p{Nd}_]+/uy;

/** At a `${`; ends behind its `}`. */
function readExpression(scan: Scan): string {
  scan.depth += 1;
  if (scan.depth > substitutionLimits.depth)
    throw new ExpansionError('limit', `expressions nest deeper than ${substitutionLimits.depth} levels`);
  scan.at += 2;
  const value = scan.text[scan.at] === '#' ? readLength(scan) : readOperation(scan);
  scan.depth -= 1;
  return value;
}

function readName(scan: Scan): string {
  namePattern.lastIndex = scan.at;
  const name = namePattern.exec(scan.text)?.[0];
  if (name === undefined) throw syntax('${ is not followed by the name of a variable');
  scan.at += name.length;
  scan.names.push(name);
  return name;
}

function valueOf({ lookup }: Scan, name: string): string {
  const value = lookup(name);
  if (value === undefined) throw new ExpansionError('missing', name);
  return value;
}

function readLength(scan: Scan): string {
  scan.at += 1;
  const name = readName(scan);
  close(scan, name);
  return String(Buffer.byteLength(valueOf(scan, name)));
}

function readOperation(scan: Scan): string {
  const name = readName(scan);
  const rest = scan.text.slice(scan.at, scan.at + 2);
  if (rest.startsWith('}')) {
    scan.at += 1;
    return valueOf(scan, name);
  }
  const operator = operators.find((one) => one === rest) ?? operators.find((one) => one === rest[0]);
  if (operator === undefined)
    throw syntax(`expression of ${name} has no closing brace, or an unknown operator`);
  scan.at += operator.length;
  return applyOperator(scan, name, operator);
}

/** Two characters come before one. */
const operators = [
  ':=',
  ':-',
  ':?',
  ':+',
  ',,',
  '^^',
  '##',
  '%%',
  '//',
  '/#',
  '/%',
  '=',
  '-',
  ':',
  ',',
  '^',
  '#',
  '%',
  '/',
] as const;
type Operator = (typeof operators)[number];

// oxlint-disable-next-line complexity -- one flat, exhaustive table
function applyOperator(scan: Scan, name: string, operator: Operator): string {
  switch (operator) {
    case ':=':
    case ':-':
    case '=':
    case '-':
      return readDefault(scan, name);
    case ':?':
    case ':+':
      throw syntax(`expression of ${name} has the operator ${operator}, which is not supported`);
    case ',':
    case ',,':
    case '^':
    case '^^':
      close(scan, name);
      return changeCase(valueOf(scan, name), operator);
    case ':':
      return readPart(scan, name);
    case '#':
    case '##':
    case '%':
    case '%%': {
      const pattern = readArgument(scan, name, /[^}]/uy);
      close(scan, name);
      return trim(scan, valueOf(scan, name), { operator, pattern });
    }
    case '/':
    case '//':
    case '/#':
    case '/%':
      return readReplacement(scan, name, operator);
    default:
      return operator satisfies never;
  }
}

function close(scan: Scan, name: string): void {
  if (scan.text[scan.at] !== '}') throw syntax(`expression of ${name} has no closing brace`);
  scan.at += 1;
}

/** What stands behind the operator may have expressions of its own; they are asked for whether or not it is needed. */
function readDefault(scan: Scan, name: string): string {
  let fallback = '';
  while (scan.text[scan.at] !== '}') fallback += readArgument(scan, name, /[^}]/uy);
  close(scan, name);
  const value = scan.lookup(name) ?? '';
  return value === '' ? fallback : value;
}

/**
 * An expression, or text of characters that are accepted.
 * @param escapes whether `\/`, `\\` and `$$` stand for their second character
 */
function readArgument(scan: Scan, name: string, accepted: RegExp, escapes = false): string {
  const { text } = scan;
  if (text.startsWith('${', scan.at)) return readExpression(scan);
  let result = '';
  while (scan.at < text.length && !text.startsWith('${', scan.at)) {
    const pair = text.slice(scan.at, scan.at + 2);
    if (escapes && (pair === '\\/' || pair === '\\\\' || pair === '$$')) {
      result += pair[1] ?? '';
      scan.at += 2;
      continue;
    }
    accepted.lastIndex = scan.at;
    const found = accepted.exec(text)?.[0];
    if (found === undefined) break;
    result += found;
    scan.at += found.length;
  }
  if (result === '') throw syntax(`expression of ${name} lacks what its operator needs`);
  return result;
}

function changeCase(value: string, operator: ',' | ',,' | '^' | '^^'): string {
  const change = (text: string): string =>
    operator.startsWith(',') ? text.toLowerCase() : text.toUpperCase();
  if (operator.length === 2) return change(value);
  const [first = '', ...rest] = value;
  return change(first) + rest.join('');
}

function readPart(scan: Scan, name: string): string {
  const begin = readArgument(scan, name, /[^:}]/uy);
  let length: string | undefined;
  if (skipAll(scan, ':')) length = readArgument(scan, name, /[^}]/uy);
  close(scan, name);
  return partOf(valueOf(scan, name), begin, length);
}

/** Several separators count as one. */
function skipAll(scan: Scan, separator: string): boolean {
  const begin = scan.at;
  while (scan.text[scan.at] === separator) scan.at += 1;
  return scan.at > begin;
}

const integer = /^[-+]?[0-9]{1,15}$/u;

/** What is no number changes nothing. */
function partOf(value: string, begin: string, length: string | undefined): string {
  if (!integer.test(begin) || (length !== undefined && !integer.test(length))) return value;
  const characters = Array.from(value);
  const at = Number(begin);
  const from = at < 0 ? Math.max(0, characters.length + at) : at;
  if (length === undefined) return characters.slice(from).join('');
  const count = Number(length);
  // A negative length counts from the end.
  const to = count < 0 ? characters.length + count : from + count;
  return to <= from ? '' : characters.slice(from, to).join('');
}

type Trim = { readonly operator: '#' | '##' | '%' | '%%'; readonly pattern: string };

function trim({ spend }: Scan, value: string, { operator, pattern }: Trim): string {
  const characters = Array.from(value);
  const edge = operator.startsWith('#') ? 'begin' : 'end';
  const matched = matchEdge(pattern, characters, { edge, spend });
  if (matched === 'broken') throw syntax('pattern is not valid, or takes too long');
  if (matched === undefined) return value;
  const length = operator.length === 2 ? matched.longest : matched.shortest;
  return (edge === 'begin' ? characters.slice(length) : characters.slice(0, characters.length - length)).join(
    '',
  );
}

function readReplacement(scan: Scan, name: string, operator: '/' | '//' | '/#' | '/%'): string {
  const found = readArgument(scan, name, /[^/]/uy, true);
  if (!skipAll(scan, '/')) throw syntax(`replacement in ${name} has no second slash`);
  const isBare = scan.text[scan.at] === '}';
  const replacement = isBare ? '' : readArgument(scan, name, /[^}]/uy, true);
  close(scan, name);
  const value = valueOf(scan, name);
  // As a function: `$&` and the like must not mean anything.
  if (operator === '/') return value.replace(found, () => replacement);
  if (operator === '//') return replaceAll(value, found, replacement);
  // Flux leaves the text as it is where nothing is to take the place.
  if (isBare) return value;
  if (operator === '/#') return value.startsWith(found) ? replacement + value.slice(found.length) : value;
  return value.endsWith(found) ? value.slice(0, value.length - found.length) + replacement : value;
}

/** Replacements of replacements could grow without an end. */
function replaceAll(value: string, found: string, replacement: string): string {
  const parts = value.split(found);
  if (value.length + (parts.length - 1) * replacement.length > substitutionLimits.resultLength)
    throw new ExpansionError('limit', `text grows beyond ${substitutionLimits.resultLength} characters`);
  return parts.join(replacement);
}
