// Named formats in CEL, as `format.dns1123Label().validate(self)`, and optional values, which is what they give.
// https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-format-library
import { celFunc, celList, CelScalar, type CelFunc, type CelInput } from '@bufbuild/cel';
import {
  isDns1035Label,
  isDnsLabel,
  isDnsSubdomain,
  isLabelValue,
  isQualifiedName,
} from '../../resources/names.ts';
import { isBase64, isDate, isDateTime, isUuid } from '../../resources/text-formats.ts';
import { opaqueKind } from './opaque.ts';
import { parseUrl } from './urls.ts';

const { DYN, STRING } = CelScalar;

/** A prefix may end in the dash that a generated name goes on behind. */
function asPrefix(text: string): string {
  return text.length > 1 && text.endsWith('-') ? `${text.slice(0, -1)}a` : text;
}

const formats: Readonly<Record<string, (text: string) => boolean>> = {
  dns1123Label: isDnsLabel,
  dns1123Subdomain: isDnsSubdomain,
  dns1035Label: isDns1035Label,
  qualifiedName: isQualifiedName,
  dns1123LabelPrefix: (text) => isDnsLabel(asPrefix(text)),
  dns1123SubdomainPrefix: (text) => isDnsSubdomain(asPrefix(text)),
  dns1035LabelPrefix: (text) => isDns1035Label(asPrefix(text)),
  labelValue: isLabelValue,
  uri: (text) => parseUrl(text) !== undefined,
  uuid: isUuid,
  byte: (text) => text !== '' && isBase64(text),
  date: isDate,
  datetime: isDateTime,
};

const named = opaqueKind<string>('format', (name) => name);
/** What may be there; nothing is an empty list. */
const optionals = opaqueKind<readonly CelInput[]>('optional', (values) => celList(values));

function validate(name: string, text: string): CelInput {
  const isValid = formats[name]?.(text) === true;
  return optionals.wrap(isValid ? [] : [celList([`is no ${name}`])]);
}

export function formatFunctions(): readonly CelFunc[] {
  return [
    ...Object.keys(formats).map((name) => celFunc(`format.${name}`, [], DYN, () => named.wrap(name))),
    celFunc('format.named', [STRING], DYN, (name) =>
      optionals.wrap(Object.hasOwn(formats, name) ? [named.wrap(name)] : []),
    ),
    named.method('validate', [STRING], (name, text) => validate(name, typeof text === 'string' ? text : '')),
    celFunc('optional.none', [], DYN, () => optionals.wrap([])),
    celFunc('optional.of', [DYN], DYN, (value) => optionals.wrap([value])),
    optionals.method('hasValue', [], ({ length }) => length > 0),
    optionals.method('value', [], ([value]) => {
      if (value === undefined) throw new Error('invalid use of an optional value that is not there');
      return value;
    }),
    optionals.method('orValue', [DYN], ([value], other) => value ?? other ?? null),
  ];
}
