// action.yml against the code: the same inputs, the same outputs, an entry that exists.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import { parse } from 'yaml';
import * as z from 'zod';
import { inputsSchema } from '../../../action/publish/inputs.ts';
import { writeOutputs } from '../../../action/publish/outputs.ts';
import { flag } from '../../../action/shared/fields.ts';
import { makeHost } from './fake-host.ts';

const actionSchema = z.strictObject({
  name: z.literal('Sealift publish'),
  description: z.string().max(125),
  author: z.string(),
  branding: z.strictObject({ icon: z.string(), color: z.string() }),
  inputs: z.record(
    z.string(),
    z.strictObject({ description: z.string(), required: z.boolean(), default: z.string().optional() }),
  ),
  outputs: z.record(z.string(), z.strictObject({ description: z.string() })),
  runs: z.strictObject({ using: z.literal('node24'), main: z.literal('dist/publish.js') }),
});

const file = new URL('../../../action.yml', import.meta.url);
const action = actionSchema.parse(parse(await readFile(file, 'utf8')));

suite('action.yml', () => {
  test('has the inputs of the schema, in its order', () => {
    assert.deepEqual(Object.keys(action.inputs), Object.keys(inputsSchema.shape));
  });

  test('has the outputs that are written, in their order', () => {
    const { host, outputs } = makeHost({});
    writeOutputs(host, {
      reference: { registry: 'h', repository: 'r' },
      digest: 'sha256:0',
      tags: ['v1', 'v2'],
      isChanged: true,
      signed: undefined,
      resources: [],
      size: 1,
    });
    assert.deepEqual(Object.keys(action.outputs), [...outputs.keys()]);
    assert.equal(outputs.get('tags'), 'v1\nv2');
    const metadata: unknown = JSON.parse(outputs.get('metadata') ?? '');
    assert.deepEqual(metadata, {
      digest: 'sha256:0',
      repository: 'h/r',
      ref: 'h/r@sha256:0',
      tag: 'v1',
      tags: ['v1', 'v2'],
      changed: true,
      signed: false,
      'signature-digest': '',
      'bundle-path': '',
      'certificate-identity': '',
      'certificate-oidc-issuer': '',
      'provenance-digest': '',
      resources: 0,
      images: '',
      size: 1,
    });
  });

  for (const [name, input] of Object.entries(action.inputs)) {
    test(`${name} says what it excludes, and is required or has a default`, () => {
      assert.match(input.description, /Excludes |Has no use /u);
      assert.equal(input.default === undefined, input.required);
    });
  }

  test('every boolean has a boolean as its default', () => {
    const flags = Object.entries(inputsSchema.shape).filter(([, schema]) => schema === flag);
    assert.ok(flags.length > 4, `${flags.length} flags`);
    for (const [name] of flags) assert.match(action.inputs[name]?.default ?? '', /^(?:true|false)$/u);
  });
});
