// A way through an object whose schema fits: fields with their places, and what is said of those that are wrong. What a
// field holds is never part of it.
import { isTemplate } from '../../resources/resource.ts';
import { resourceLimits } from '../../limits.ts';
import { isMap, type SchemaProblem } from '../node.ts';
import { nameType } from '../scalars.ts';

export type Field = {
  readonly value: unknown;
  readonly path: readonly string[];
  readonly problems: SchemaProblem[];
  /** Says what should stand there. */
  readonly refuse: (expected: string, found?: string) => void;
};

/** What a check of a field is. */
export type Check = (field: Field) => void;

/** A field, or the object itself; what is refused is added to the problems. */
export function fieldOf(value: unknown, problems: SchemaProblem[], path: readonly string[] = []): Field {
  return {
    value,
    path,
    problems,
    refuse: (expected, found = nameOf(value)) => {
      if (problems.length < resourceLimits.problems)
        problems.push({ code: 'FIELD_INVALID', path, expected, found });
    },
  };
}

function nameOf(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  return Array.isArray(value) ? `${value.length} items` : nameType(value);
}

function step({ path, problems }: Field, value: unknown, name: string): Field {
  return fieldOf(value, problems, [...path, name]);
}

/** The field below, which may be absent: its value is undefined then. */
export function below(field: Field, ...names: readonly string[]): Field {
  return names.reduce((here, name) => {
    const { value } = here;
    return step(here, isMap(value) && Object.hasOwn(value, name) ? value[name] : undefined, name);
  }, field);
}

/** The items of a list. */
export function itemsOf(field: Field): readonly Field[] {
  const { value } = field;
  return Array.isArray(value) ? value.map((one, index) => step(field, one, `${index}`)) : [];
}

/** The fields of a map, with their keys. */
export function entriesOf(field: Field): readonly (readonly [string, Field])[] {
  const { value } = field;
  return isMap(value) ? Object.entries(value).map(([key, one]) => [key, step(field, one, key)]) : [];
}

export function isThere({ value }: Field): boolean {
  return value !== undefined && value !== null;
}

/** A text, of which an empty one is as good as none. */
export function textOf({ value }: Field): string {
  return typeof value === 'string' ? value : '';
}

export function numberOf({ value }: Field): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** How many items or keys there are. */
export function sizeOf({ value }: Field): number {
  if (Array.isArray(value)) return value.length;
  return isMap(value) ? Object.keys(value).length : 0;
}

export function requireText(field: Field, expected = 'a text that is not empty'): void {
  if (textOf(field) === '') field.refuse(expected, 'nothing');
}

/** Refuses a text that is there and is none of the form. */
export function checkText(field: Field, isOfForm: (text: string) => boolean, expected: string): void {
  const text = textOf(field);
  // What is filled in once it is applied is not known yet.
  if (text !== '' && !isTemplate(text) && !isOfForm(text)) field.refuse(expected);
}

/** Refuses a number that is there and out of bounds. */
export function checkNumber(field: Field, least: number, most = Infinity): void {
  const number = numberOf(field);
  if (number === undefined || (number >= least && number <= most)) return;
  field.refuse(
    most === Infinity ? `at least ${least}` : `a number from ${least} to ${most}`,
    'another number',
  );
}

/** Refuses what is there, and none of the values. */
export function checkOneOf(field: Field, values: readonly string[]): void {
  checkText(field, (text) => values.includes(text), `one of ${values.join(', ')}`);
}

/** Refuses a second field of a key that another has already. */
export function checkUnique(fields: readonly Field[], keyOf: (field: Field) => string, what: string): void {
  const seen = new Set<string>();
  for (const field of fields) {
    const key = keyOf(field);
    if (key !== '' && seen.has(key)) field.refuse(`${what} that no other has`, 'it twice');
    seen.add(key);
  }
}

/**
 * Refuses other than one of the members.
 * @param least how many must be there
 */
export function checkMembers(field: Field, names: readonly string[] | undefined, least: 0 | 1 = 1): void {
  const { value } = field;
  if (!isMap(value)) return;
  const there = Object.keys(value).filter(
    (name) => (names === undefined || names.includes(name)) && isThere(below(field, name)),
  );
  const words = names === undefined ? 'one kind of source' : `one of ${names.join(', ')}`;
  if (there.length > 1) field.refuse(`only ${words}`, there.join(' and '));
  if (there.length < least) field.refuse(words, 'none');
}
