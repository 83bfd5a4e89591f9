// Types, formats and bounds of single values. Formats that are not named here are taken as they are, as the API server
// takes those that it does not know.
import { isIPv4, isIPv6 } from 'node:net';
import { isBase64, isDate, isDateTime, isUuid } from '../resources/text-formats.ts';
import type { SchemaNode, ValueType } from './node.ts';

const quantity = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[KMGTPE]i|[numkMGTPE]|[eE][-+]?\d+)?$/u;

const formats: Readonly<Record<string, (text: string) => boolean>> = {
  byte: (text) => isBase64(text.replaceAll(/[\r\n]/gu, '')),
  date: isDate,
  'date-time': isDateTime,
  ipv4: isIPv4,
  ipv6: isIPv6,
  cidr: isCidr,
  uuid: isUuid,
};

/** Whether a value is of a type; whole numbers are numbers, too. */
export function isOfType(value: unknown, type: ValueType): boolean {
  switch (type) {
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    case 'int-or-string':
      return typeof value === 'string' || Number.isInteger(value);
    case 'quantity':
      return typeof value === 'number' || (typeof value === 'string' && quantity.test(value.trim()));
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === type;
    default:
      return type satisfies never;
  }
}

/** A value's type in words. */
export function nameType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  return typeof value === 'number' && Number.isInteger(value) ? 'an integer' : `a ${typeof value}`;
}

/** A type in words. */
export function describeType(type: ValueType): string {
  const words = {
    object: 'a map',
    array: 'a list',
    integer: 'an integer',
    quantity: 'a quantity as 500m or 1Gi',
  };
  if (type === 'int-or-string') return 'an integer or a string';
  return Object.hasOwn(words, type) ? words[type as keyof typeof words] : `a ${type}`; // it is one of its keys
}

/** What a number should be where it is none such, else undefined. */
export function numberProblem(value: number, node: SchemaNode): string | undefined {
  const { minimum = -Infinity, maximum = Infinity, multipleOf } = node;
  const bounds: readonly (readonly [boolean, string])[] = [
    [node.format !== 'int32' || Math.trunc(value) === (value | 0), 'a number of 32 bits'],
    [node.exclusiveMinimum === true ? value > minimum : value >= minimum, boundText(node, 'minimum')],
    [node.exclusiveMaximum === true ? value < maximum : value <= maximum, boundText(node, 'maximum')],
    [multipleOf === undefined || isMultiple(value, multipleOf), `a multiple of ${multipleOf}`],
  ];
  return bounds.find(([holds]) => !holds)?.[1];
}

function boundText(node: SchemaNode, bound: 'minimum' | 'maximum'): string {
  if (bound === 'minimum')
    return `${node.exclusiveMinimum === true ? 'more than' : 'at least'} ${node.minimum}`;
  return `${node.exclusiveMaximum === true ? 'less than' : 'at most'} ${node.maximum}`;
}

function isMultiple(value: number, of: number): boolean {
  const times = value / of;
  return Math.abs(times - Math.round(times)) < 1e-9;
}

/** What a text should be where it is none such, else undefined; patterns are not looked at. */
export function textProblem(value: string, node: SchemaNode): string | undefined {
  const { format, minLength = 0, maxLength = Infinity } = node;
  // In characters, as Go counts runes.
  const length =
    value.length > maxLength || value.length < 2 * minLength ? Array.from(value).length : value.length;
  if (length < minLength) return `at least ${minLength} characters`;
  if (length > maxLength) return `at most ${maxLength} characters`;
  if (format === undefined || !Object.hasOwn(formats, format)) return undefined;
  return formats[format]?.(value) === false ? `text of the format ${format}` : undefined;
}

function isCidr(text: string): boolean {
  const [address = '', bits = '', ...more] = text.split('/');
  if (more.length > 0 || !/^\d{1,3}$/u.test(bits)) return false;
  return isIPv4(address) ? Number(bits) <= 32 : isIPv6(address) && Number(bits) <= 128;
}
