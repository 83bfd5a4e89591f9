// Label selectors in kubectl's form: `a=b`, `a!=b`, `a in (b,c)`, `a notin (b,c)`, `a`, `!a`, with commas between them.

/** Whether a map of labels, or of annotations, meets the selector. */
export type Selector = (values: Readonly<Record<string, string>>) => boolean;

const key = String.raw`[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?`;
const word = String.raw`[A-Za-z0-9._-]*`;
const existsForm = new RegExp(`^(?<not>!?)\\s*(?<key>${key})$`, 'u');
const equalForm = new RegExp(`^(?<key>${key})\\s*(?<operator>==?|!=)\\s*(?<value>${word})$`, 'u');
const setForm = new RegExp(`^(?<key>${key})\\s+(?<operator>in|notin)\\s*\\((?<values>[^()]*)\\)$`, 'u');
const wordForm = new RegExp(`^${word}$`, 'u');

/** @returns undefined where the text is no selector */
export function parseSelector(text: string): Selector | undefined {
  const terms: Selector[] = [];
  for (const part of splitTerms(text)) {
    const term = parseTerm(part.trim());
    if (term === undefined) return undefined;
    terms.push(term);
  }
  return (values) => terms.every((term) => term(values));
}

/** Commas within brackets stand between values. */
function splitTerms(text: string): readonly string[] {
  return text.trim() === '' ? [] : text.split(/,(?![^()]*\))/u);
}

function parseTerm(text: string): Selector | undefined {
  return parseExists(text) ?? parseEqual(text) ?? parseSet(text);
}

function parseExists(text: string): Selector | undefined {
  const { key: name, not } = existsForm.exec(text)?.groups ?? {};
  if (name === undefined) return undefined;
  return (values) => Object.hasOwn(values, name) === (not === '');
}

function parseEqual(text: string): Selector | undefined {
  const { key: name, operator, value } = equalForm.exec(text)?.groups ?? {};
  if (name === undefined) return undefined;
  // As kubectl has it: an object without the label is unequal to every value.
  return (values) => (valueOf(values, name) === value) === (operator !== '!=');
}

function parseSet(text: string): Selector | undefined {
  const { key: name, operator, values: listed } = setForm.exec(text)?.groups ?? {};
  if (name === undefined || listed === undefined) return undefined;
  const members = listed.split(',').map((value) => value.trim());
  if (!members.every((value) => wordForm.test(value))) return undefined;
  return (values) => {
    const value = valueOf(values, name);
    return (value !== undefined && members.includes(value)) === (operator === 'in');
  };
}

function valueOf(values: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}
