// ConfigMaps, Secrets and claims of storage: their keys and sizes.
import { below, entriesOf, sizeOf, textOf, type Field } from './fields.ts';
import { quantityOf } from './containers.ts';
import { checkSelector } from './selectors.ts';

/** Bytes of all values of a ConfigMap or a Secret. */
const dataBytes = 1024 * 1024;
const keyLength = 253;

export function checkConfigMap(object: Field): void {
  const [data, binary] = [below(object, 'data'), below(object, 'binaryData')];
  const bytes = checkKeys(data, byteLength) + checkKeys(binary, decodedLength);
  if (bytes > dataBytes) object.refuse(`at most ${dataBytes} bytes of data`, `${bytes} bytes`);
  const keys = new Set(entriesOf(data).map(([key]) => key));
  for (const [key, value] of entriesOf(binary))
    if (keys.has(key)) value.refuse('a key that data has not', 'it twice');
}

/** Keys that a Secret of a type must have. */
const keysOfTypes: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
};

export function checkSecret(object: Field): void {
  const [data, text] = [below(object, 'data'), below(object, 'stringData')];
  const bytes = checkKeys(data, decodedLength) + checkKeys(text, byteLength);
  if (bytes > dataBytes) object.refuse(`at most ${dataBytes} bytes of data`, `${bytes} bytes`);
  const keys = new Set([...entriesOf(data), ...entriesOf(text)].map(([key]) => key));
  const type = textOf(below(object, 'type'));
  for (const key of Object.hasOwn(keysOfTypes, type) ? (keysOfTypes[type] ?? []) : []) {
    if (!keys.has(key)) below(data, key).refuse(`a value, since the type is ${type}`, 'nothing');
  }
  checkRegistries(below(text, '.dockerconfigjson'), type);
}

function checkRegistries(value: Field, type: string): void {
  if (type !== 'kubernetes.io/dockerconfigjson' || textOf(value) === '') return;
  try {
    JSON.parse(textOf(value));
  } catch {
    value.refuse('JSON', 'a text that is none');
  }
}

function checkKeys(data: Field, lengthOf: (text: string) => number): number {
  let bytes = 0;
  for (const [key, value] of entriesOf(data)) {
    if (
      !/^[-._a-zA-Z0-9]+$/u.test(key) ||
      key.length > keyLength ||
      /^\.\.?$/u.test(key) ||
      key.startsWith('..')
    )
      value.refuse('a key of letters, digits, -, _ and .');
    bytes += lengthOf(textOf(value));
  }
  return bytes;
}

function byteLength(text: string): number {
  return Buffer.byteLength(text);
}

function decodedLength(text: string): number {
  return Buffer.byteLength(text, 'base64');
}

export function checkClaim(object: Field): void {
  checkClaimSpec(below(object, 'spec'));
}

function checkClaimSpec(spec: Field): void {
  const modes = below(spec, 'accessModes');
  if (sizeOf(modes) === 0) modes.refuse('an access mode', 'nothing');
  const storage = below(spec, 'resources', 'requests', 'storage');
  const size = quantityOf(storage);
  if (size === undefined) storage.refuse('a size', 'nothing');
  else if (size.nanos <= 0n) storage.refuse('more than 0', 'less');
  checkSelector(below(spec, 'selector'));
}
