// A plan from objects to markdown: golden files, what is masked, what is bounded, and names that attack.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { InputError } from '../../../src/errors.ts';
import { planLimits } from '../../../src/limits.ts';
import { renderComment, renderPlan } from '../../../src/plan/comment.ts';
import { planChanges } from '../../../src/plan/compare.ts';
import { parseIgnoreRule } from '../../../src/plan/ignore.ts';
import { fencedBlock, inlineCode, markerOf } from '../../../src/plan/markdown.ts';
import { formatReport, parseReport, type PlannedChange, type PlanReport } from '../../../src/plan/report.ts';
import { readResources } from '../../../src/resources/validate.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';

const base = `sha256:${'9'.repeat(64)}`;
const facts = {
  base: { name: 'production', digest: base },
  head: { name: 'deploy', digest: null, commit: '1a2b3c4' },
  madeAt: '2026-08-01T12:00:00Z',
};

function plan(before: string, after: string, ignore: readonly string[] = []): PlanReport {
  const read = (text: string) =>
    text === ''
      ? []
      : readResources([{ path: 'a.yaml', bytes: Buffer.from(text) }]).map(({ resource }) => resource);
  return planChanges({
    ...facts,
    before: read(before),
    after: read(after),
    ignore: ignore.map(parseIgnoreRule),
    contextLines: 1,
  });
}

const secret = (value: string): string =>
  `apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: shop}\nstringData: {password: ${JSON.stringify(value)}}\n---\n`;
const config = (name: string, data: object): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: ${JSON.stringify(data)}\n---\n`;
const deployment = (replicas: number, app: string): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: ${replicas}, selector: {matchLabels: {app: ${app}}}}\n---\n`;

function change(more: Partial<PlannedChange>): PlannedChange {
  const whole = { action: 'configured', name: 'ConfigMap a', group: '', kind: 'ConfigMap' } as const;
  return { ...whole, fields: ['data.a'], immutable: [], text: '@@ -1 +1 @@\n-a\n+b\n', ...more };
}

const reportOf = (changes: PlannedChange[]): PlanReport => ({ version: 1, ...facts, unchanged: 3, changes });

test('the comment is the golden one', async () => {
  const report = plan(
    secret('old value') +
      config('gone', { a: 'x' }) +
      config('b', { a: 'x', c: 'y' }) +
      config('same', {}) +
      deployment(2, 'web'),
    secret('new value') +
      config('b', { a: 'z', c: 'y' }) +
      config('fresh', { a: 'x' }) +
      config('same', {}) +
      deployment(3, 'shop'),
  );
  const golden = await readFile(join(import.meta.dirname, 'golden-comment.md'), 'utf8');
  assert.equal(renderComment(report, 'config/app/production'), golden);
  assert.deepEqual(parseReport(formatReport(report)), report);
});

test('without changes it is short', () => {
  const text = renderComment(plan(config('a', {}), config('a', {})), 'k');
  assert.match(text, /^<!-- sealift:diff key=k -->\n### Plan for <code>production<\/code>: no changes, 1 /u);
  assert.doesNotMatch(text, /<details>|\| object/u);
});

suite('immutable fields', () => {
  const claim = (spec: string): string =>
    `apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a}\nspec: ${spec}\n`;
  const cases: readonly (readonly [string, string, string, readonly string[]])[] = [
    ['a selector', deployment(1, 'a'), deployment(2, 'b'), ['spec.selector']],
    ['replicas', deployment(1, 'a'), deployment(2, 'a'), []],
    ['a claim that grows', claim('{resources: {requests: 1}}'), claim('{resources: {requests: 2}}'), []],
    ['a claim of another class', claim('{storageClassName: a}'), claim('{}'), ['spec.storageClassName']],
    [
      'a sealed ConfigMap',
      `${config('a', { a: '1' }).replace('---\n', '')}immutable: true\n`,
      `${config('a', { a: '2' }).replace('---\n', '')}immutable: true\n`,
      ['data'],
    ],
  ];
  for (const [name, before, after, expected] of cases) {
    test(name, () => assert.deepEqual(plan(before, after).changes[0]?.immutable, expected));
  }
});

suite('secrets', () => {
  const value = 'hunter2 & "more"';
  const forms = [value, Buffer.from(value).toString('base64'), encodeURIComponent(value)];
  test('are masked wherever they stand, in both versions', () => {
    const data = Object.fromEntries(forms.map((form, index) => [`k${index}`, `x=${form};`]));
    const other = secret('another one');
    const report = plan(
      secret(value) + config('a', { ...data, b: '1' }) + config('gone', data),
      `${other}${config('a', { ...data, b: 'another one' })}${config('new', { [value]: JSON.stringify({ value }) })}`,
    );
    const everything = formatReport(report) + renderComment(report, 'k');
    for (const form of [...forms, 'hunter2', 'another one']) {
      assert.ok(!everything.includes(form), form);
    }
    assert.match(everything, /x=\*\*\*;/u);
  });

  test('hide everything once the search takes too long', () => {
    const prefix = 'a'.repeat(40);
    const keys = Object.fromEntries(
      Array.from({ length: 2000 }, (_, index) => [`k${index}`, `${prefix}${index}`]),
    );
    const many = `apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: ${JSON.stringify(keys)}\n---\n`;
    const long = 'a'.repeat(200_000);
    const report = plan('', many + config('a', { a: long }));
    assert.equal(report.changes.length, 2);
    assert.ok(!JSON.stringify(report.changes).includes('aaaaaaaa'));
  });
});

suite('hostile text', () => {
  const names = [
    '@everyone',
    '<!-- sealift:diff key=k -->',
    '</code></details><script>',
    '`|**[a](http://evil.example)',
    '#1 www.evil.example',
    'a\n\n# heading\u202E',
  ];
  for (const name of names) {
    test(`is nothing but text: ${JSON.stringify(name)}`, () => {
      const text = renderComment(reportOf([change({ name, fields: [name], immutable: [name] })]), 'k');
      const [first, ...rest] = text.split('\n');
      assert.equal(first, markerOf('k'));
      const body = rest.join('\n').replaceAll(/<\/?(?:code|details|summary|sub)>/gu, '');
      assert.doesNotMatch(body, /<|\]\(|@everyone|www\.|\u202E|^# /mu);
      assert.equal(text.match(/<details>/gu)?.length, text.match(/<\/details>/gu)?.length);
    });
  }

  test('ends neither fence nor marker', () => {
    const block = fencedBlock('````\n``\r```` \u{202E}x', 'diff');
    assert.match(block, /^`{5}diff\n[\s\S]*\n`{5}$/u);
    assert.doesNotMatch(block, /[\r\u202E]/u);
    for (const key of ['a --> b', '--!>', 'a\n-->', '\uD800']) {
      assert.match(markerOf(key), /^<!-- sealift:diff key=[^>\n]* -->$/u);
      assert.doesNotMatch(markerOf(key).slice(4, -3), /--/u);
    }
    assert.equal(inlineCode('@a', 10), '<code>&#64;a</code>');
  });
});

suite('bounds', () => {
  test('objects are cut whole, counts stay', () => {
    const changes = Array.from({ length: 3000 }, (_, index) =>
      change({
        name: `ConfigMap ${'n'.repeat(100)}${index}`,
        text: `@@ -1 +1 @@\n-${'x'.repeat(300)}\n+b\n`,
      }),
    );
    const text = renderComment(reportOf(changes), 'k');
    assert.ok(text.length <= planLimits.commentCharacters, String(text.length));
    assert.ok(text.length > planLimits.commentCharacters * 0.9, String(text.length));
    assert.match(text, /3000 to configure/u);
    assert.match(text, /^\d+ more in the job summary$/mu);
    const fences = text.match(/^```(?:diff)?$/gmu) ?? [];
    assert.equal(fences.length, 2 * fences.filter((fence) => fence === '```diff').length);
    assert.match(text, /made at 2026-08-01T12:00:00Z<\/sub>\n$/u);
  });

  test('one object that is larger than all leaves the rest of the words', () => {
    const text = renderPlan(reportOf([change({ text: `@@ -1 +1 @@\n+${'x'.repeat(200_000)}\n` })]), {
      maxCharacters: 10_000,
      restPlace: 'in the report',
    });
    assert.ok(text.length <= 10_000);
    assert.match(text, /^1 more in the report$/mu);
  });
});

suite('ignored fields', () => {
  test('make no change', () => {
    assert.equal(
      plan(deployment(1, 'a'), deployment(2, 'a'), ['Deployment.apps /spec/replicas']).unchanged,
      1,
    );
    assert.equal(plan(deployment(1, 'a'), deployment(2, 'a'), ['Deployment /spec/replicas']).unchanged, 0);
    assert.equal(plan(config('a', { 'x/y': '1' }), config('a', {}), ['* /data/x~1y']).unchanged, 1);
  });

  for (const rule of ['Deployment', 'a spec', '* /metadata/name', '* /kind', '* /a~2', '']) {
    test(`are refused: ${JSON.stringify(rule)}`, () => {
      assertThrowsWithCode(() => parseIgnoreRule(rule), InputError, 'INPUT_INVALID');
    });
  }
});

suite('a report that is not ours', () => {
  const good = reportOf([change({})]);
  const bad: readonly (readonly [string, unknown])[] = [
    ['another version', { ...good, version: 2 }],
    ['a number of a pull request', { ...good, number: 7 }],
    ['a digest that is text', { ...good, base: { name: 'a', digest: '<b>' } }],
    ['a time that is markup', { ...good, madeAt: '</sub>' }],
    ['another action', { ...good, changes: [{ ...change({}), action: 'x' }] }],
    ['nothing', null],
  ];
  for (const [name, value] of bad) {
    test(`is refused: ${name}`, () => {
      assertThrowsWithCode(() => parseReport(JSON.stringify(value)), InputError, 'INPUT_INVALID');
    });
  }
  test('is refused: no JSON', () => {
    assertThrowsWithCode(() => parseReport('{'), InputError, 'INPUT_INVALID');
  });
});
