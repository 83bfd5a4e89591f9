// action/diff/action.yml against the code: the same inputs, the same outputs.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { parse } from 'yaml';
import * as z from 'zod';
import { inputsSchema } from '../../../action/diff/inputs.ts';
import { writeOutputs } from '../../../action/diff/outputs.ts';
import { makeHost } from './fake-host.ts';

const actionSchema = z.object({
  inputs: z.record(
    z.string(),
    z.strictObject({ description: z.string(), required: z.literal(false), default: z.string() }),
  ),
  outputs: z.record(z.string(), z.strictObject({ description: z.string() })),
  runs: z.strictObject({ using: z.literal('node24'), main: z.literal('../../dist/diff.js') }),
});
const file = new URL('../../../action/diff/action.yml', import.meta.url);
const action = actionSchema.parse(parse(await readFile(file, 'utf8')));

test('inputs are those of the schema, in its order, and say what they exclude', () => {
  assert.deepEqual(Object.keys(action.inputs), Object.keys(inputsSchema.shape));
  for (const { description } of Object.values(action.inputs))
    assert.match(description, /Excludes |Has no use /u);
});

test('the defaults are valid', () => {
  const defaults = Object.entries(action.inputs).map(([name, input]) => [name, input.default]);
  assert.ok(inputsSchema.safeParse(Object.fromEntries(defaults)).success);
});

test('outputs are those that are written, in their order', () => {
  const { host, outputs } = makeHost({});
  const head = { name: 'b', digest: null, commit: null };
  const report = {
    version: 1,
    base: { name: 'a', digest: null },
    head,
    madeAt: '',
    unchanged: 0,
    changes: [],
  } as const;
  writeOutputs(host, { report: { ...report, changes: [] }, reportPath: '', commentUrl: '' });
  assert.deepEqual(Object.keys(action.outputs), [...outputs.keys()]);
});
