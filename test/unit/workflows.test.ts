// What our workflows, and those that the README has users copy, must hold to: the least rights, pinned actions, inputs and
// outputs that exist, and no foreign text in a shell.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { parse } from 'yaml';
import * as z from 'zod';
import { readOwnWorkflows, readReadmeWorkflows, type WorkflowFile } from '../helpers/workflows.ts';

const root = join(import.meta.dirname, '../..');
const own = await readOwnWorkflows();
const copied = await readReadmeWorkflows();

const actionSchema = z.object({
  inputs: z.record(
    z.string(),
    z.object({ required: z.boolean().optional(), default: z.unknown().optional() }),
  ),
  outputs: z.record(z.string(), z.unknown()),
});

/** Our action that a step uses, from this checkout or as a user names it. */
async function readOurAction(uses: string): Promise<z.infer<typeof actionSchema> | undefined> {
  const folder = /^(?:\.|OWNER\/sealift)(?<folder>\/[a-z/]*)?(?:@.*)?$/u.exec(uses)?.groups;
  if (folder === undefined) return undefined;
  const file = join(root, folder['folder'] ?? '', 'action.yml');
  return actionSchema.parse(parse(await readFile(file, 'utf8')));
}

function stepsOf({
  workflow,
}: WorkflowFile): readonly WorkflowFile['workflow']['jobs'][string]['steps'][number][] {
  return Object.values(workflow.jobs).flatMap(({ steps }) => steps);
}

test('there are workflows, here and in the README', () => {
  assert.deepEqual(
    own.map(({ workflow }) => workflow.name),
    ['ci', 'prober', 'release', 'self-test'],
  );
  assert.deepEqual(
    copied.map(({ workflow }) => workflow.name),
    ['publish', 'plan', 'plan-comment', 'promote'],
  );
});

for (const file of [...own, ...copied]) {
  suite(file.name, () => {
    const { text, workflow } = file;

    test('gives rights to each job, and no more than it names', () => {
      assert.deepEqual(workflow.permissions, {}, 'nothing at the top');
      for (const [name, job] of Object.entries(workflow.jobs)) assert.ok(job.permissions !== undefined, name);
      const granted = text.matchAll(/^ {6}[a-z-]+: (?:read|write)(?<why>.*)$/gmu);
      for (const { 0: line, groups } of granted)
        assert.match(groups?.['why'] ?? '', /^ # \w/u, `why ${line}`);
    });

    test('pins actions of others by commit, with the version beside it', () => {
      const uses = [...text.matchAll(/^ +(?:- )?uses: (?<action>\S+)(?<comment>.*)$/gmu)];
      assert.ok(uses.length > 0);
      for (const { groups } of uses) {
        const { action = '', comment = '' } = groups ?? {};
        if (/^(?:\.\/|OWNER\/sealift(?:\/action\/[a-z]+)?@v\d+$)/u.test(action)) continue;
        assert.match(action, /^[\w./-]+@[0-9a-f]{40}$/u);
        assert.match(comment, /^ # v\d+\.\d+\.\d+$/u, action);
      }
    });

    test('gives our actions inputs that they have, and all that they need', async () => {
      for (const { uses = '', with: given } of stepsOf(file)) {
        const action = await readOurAction(uses);
        if (action === undefined) continue;
        for (const name of Object.keys(given))
          assert.ok(Object.hasOwn(action.inputs, name), `${uses}: ${name}`);
        for (const [name, { required }] of Object.entries(action.inputs))
          if (required === true) assert.ok(Object.hasOwn(given, name), `${uses} needs ${name}`);
      }
    });

    test('reads outputs that our actions have', async () => {
      for (const { id, uses = '' } of stepsOf(file)) {
        const action = await readOurAction(uses);
        if (id === undefined || action === undefined) continue;
        for (const [, output = ''] of text.matchAll(new RegExp(`steps\\.${id}\\.outputs\\.([\\w-]+)`, 'gu')))
          assert.ok(Object.hasOwn(action.outputs, output), `${id}: ${output}`);
      }
    });

    test('puts no expression into a shell ("script injection")', () => {
      for (const { run = '' } of stepsOf(file)) assert.doesNotMatch(run, /\$\{\{/u);
    });

    test('leaves no token in a checkout', () => {
      for (const { uses = '', with: given } of stepsOf(file))
        if (uses.startsWith('actions/checkout@')) assert.equal(given['persist-credentials'], 'false');
    });
  });
}

suite('our own workflows', () => {
  for (const file of own) {
    test(`${file.name}: jobs end, and what they call is there`, () => {
      for (const [name, { steps, uses, 'timeout-minutes': minutes }] of Object.entries(file.workflow.jobs)) {
        assert.ok(steps.length === 0 || minutes !== undefined, name);
        if (uses !== undefined) assert.match(uses, /^\.\/\.github\/workflows\/[\w-]+\.yml$/u);
        for (const path of [uses, ...steps.map((step) => step.uses)])
          if (path?.startsWith('./') === true) assert.ok(existsSync(join(root, path)), path);
      }
    });
  }

  test('what may write to the repository runs nothing of it', () => {
    for (const { name, workflow } of own) {
      for (const [job, { steps, permissions = {} }] of Object.entries(workflow.jobs)) {
        if (permissions['contents'] !== 'write') continue;
        assert.ok(
          !steps.some(({ uses = '' }) => /^(?:\.\/|actions\/checkout@)/u.test(uses)),
          `${name} ${job}`,
        );
      }
    }
  });
});

suite('workflows of the README', () => {
  test('promotions wait for an approval, and for each other', () => {
    const promote = copied.find(({ workflow }) => workflow.name === 'promote')?.workflow;
    assert.equal(promote?.concurrency?.['cancel-in-progress'], false);
    assert.ok(Object.values(promote?.jobs ?? {}).every(({ environment }) => environment !== undefined));
  });

  test('nothing that writes to a pull request checks out its code', () => {
    for (const { name, workflow } of copied) {
      assert.ok(!JSON.stringify(workflow.on).includes('pull_request_target'), name);
      if (!JSON.stringify(workflow.on).includes('workflow_run')) continue;
      const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
      assert.ok(!steps.some(({ uses = '' }) => uses.startsWith('actions/checkout@')), name);
    }
  });
});
