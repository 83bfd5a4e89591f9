// The action.yml of each sub-action against the code: the same inputs, the same outputs.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import { parse } from 'yaml';
import * as z from 'zod';
import * as diffInputs from '../../../action/diff/inputs.ts';
import * as diffOutputs from '../../../action/diff/outputs.ts';
import * as promoteInputs from '../../../action/promote/inputs.ts';
import * as promoteOutputs from '../../../action/promote/outputs.ts';
import * as verifyInputs from '../../../action/verify/inputs.ts';
import * as verifyOutputs from '../../../action/verify/outputs.ts';
import type { Host } from '../../../action/shared/host.ts';
import { computeDigest } from '../../../src/oci/digest.ts';
import { makeHost } from './fake-host.ts';

const digest = computeDigest('a');
const reference = { registry: 'registry.example', repository: 'config/app' };

type Case = {
  readonly inputs: z.ZodObject;
  readonly required: readonly string[];
  readonly write: (host: Host) => void;
};

const cases: Readonly<Record<string, Case>> = {
  diff: {
    inputs: diffInputs.inputsSchema,
    required: [],
    write: (host) => {
      const report = {
        version: 1,
        base: { name: 'a', digest: null },
        head: { name: 'b', digest: null, commit: null },
        madeAt: '',
        unchanged: 0,
        changes: [],
      } as const;
      diffOutputs.writeOutputs(host, {
        report: { ...report, changes: [] },
        reportPath: '',
        commentUrl: '',
      });
    },
  },
  promote: {
    inputs: promoteInputs.inputsSchema,
    required: ['repository', 'from', 'to'],
    write: (host) => {
      promoteOutputs.writeOutputs(host, reference, {
        digest,
        channel: 'production',
        sequence: 1,
        action: 'promote',
        previousDigest: undefined,
        statementDigest: digest,
        expiresAt: undefined,
        isChanged: true,
        missingSigners: 0,
        deploymentId: '',
      });
    },
  },
  verify: {
    inputs: verifyInputs.inputsSchema,
    required: ['repository', 'version'],
    write: (host) => {
      verifyOutputs.writeOutputs(host, reference, { digest, matched: [], signers: [] });
    },
  },
};

for (const [name, { inputs, required, write }] of Object.entries(cases)) {
  suite(`action/${name}/action.yml`, async () => {
    const actionSchema = z.object({
      inputs: z.record(
        z.string(),
        z.strictObject({ description: z.string(), required: z.boolean(), default: z.string() }),
      ),
      outputs: z.record(z.string(), z.strictObject({ description: z.string() })),
      runs: z.strictObject({ using: z.literal('node24'), main: z.literal(`../../dist/${name}.js`) }),
    });
    const file = new URL(`../../../action/${name}/action.yml`, import.meta.url);
    const action = actionSchema.parse(parse(await readFile(file, 'utf8')));

    test('inputs are those of the schema, in its order, and say what they exclude', () => {
      assert.deepEqual(Object.keys(action.inputs), Object.keys(inputs.shape));
      for (const [input, { description }] of Object.entries(action.inputs))
        if (!input.startsWith('signing-key')) assert.match(description, /Excludes |Has no use /u, input);
    });

    test('the defaults are valid but for what is required, which has none', () => {
      const found = Object.entries(action.inputs).filter((entry) => entry[1].required);
      assert.deepEqual(
        found.map(([input]) => input),
        required,
      );
      const defaults = Object.entries(action.inputs).map(([input, { default: value }]) => [input, value]);
      const { error } = inputs.safeParse(Object.fromEntries(defaults));
      const problems = new Set((error?.issues ?? []).map(({ path }) => path[0]));
      assert.deepEqual([...problems], required);
    });

    test('outputs are those that are written, in their order', () => {
      const { host, outputs } = makeHost({});
      write(host);
      assert.deepEqual(Object.keys(action.outputs), [...outputs.keys()]);
    });
  });
}
