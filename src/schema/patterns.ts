// Patterns of CRDs, read by RE2 as the API server reads them: linear in the text, and still bounded, since a pattern is
// as slow as it is long when its repetitions are written out.
import { RE2JS } from '@bufbuild/re2';
import { errorMessageOf } from '../errors.ts';
import { schemaLimits } from '../limits.ts';

export type SchemaPattern = {
  readonly text: string;
  /** Steps that a character of a text takes. */
  readonly weight: number;
  readonly test: (text: string) => boolean;
};

/** Parts of a written-out pattern that one step pays for. */
const partsPerStep = 16;

/** @throws Error that says what is wrong with it */
export function compilePattern(text: string): SchemaPattern {
  const { patternLength, patternParts } = schemaLimits;
  if (text.length > patternLength) {
    throw new Error(`pattern has ${text.length} characters, more than ${patternLength}`);
  }
  const parts = text.length * repetitionsOf(text);
  if (parts > patternParts)
    throw new Error(`pattern repeats its parts to more than ${patternParts} characters`);
  try {
    const regexp = RE2JS.compile(text);
    return { text, weight: Math.ceil(parts / partsPerStep), test: (value) => regexp.test(value) };
  } catch (cause) {
    throw new Error(`pattern is no regular expression of RE2: ${errorMessageOf(cause, 200)}`, { cause });
  }
}

/** The most often that a part may stand there; RE2 refuses more than 1000, those within each other multiplied. */
function repetitionsOf(text: string): number {
  return [...text.matchAll(/\{(\d{1,9})(?:,(\d{0,9}))?\}/gu)]
    .map(([, least, most]) => Math.max(1, Number(most || least)))
    .reduce((product, count) => Math.min(product * count, 1000), 1);
}
