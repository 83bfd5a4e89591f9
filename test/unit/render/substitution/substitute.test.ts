// Variables in objects: what each place makes of a value, and that no value can make another structure.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { FailuresError, ResourceError } from '../../../../src/errors.ts';
import { substituteResources, type Variables } from '../../../../src/render/substitution/substitute.ts';
import { parseFile, type ParsedResource } from '../../../../src/resources/parse.ts';
import { assertThrowsWithCode } from '../../../helpers/assert-rejects.ts';

function parse(text: string): readonly ParsedResource[] {
  const { resources, problems } = parseFile('app.yaml', Buffer.from(text));
  assert.deepEqual(problems, []);
  return resources;
}

function variablesOf(values: Readonly<Record<string, string>>, secrets: readonly string[] = []): Variables {
  return new Map(
    Object.entries(values).map(([name, value]) => [name, { value, isSecret: secrets.includes(name) }]),
  );
}

function fill(text: string, values: Readonly<Record<string, string>>): unknown {
  return substituteResources(parse(text), variablesOf(values)).resources[0];
}

const widget = (field: string): string =>
  `apiVersion: example.org/v1\nkind: Widget\nmetadata: {name: w}\nspec:\n  field: ${field}\n`;

suite('what a scalar becomes', () => {
  const table: readonly (readonly [string, string, unknown])[] = [
    ['${v}', '3', 3],
    ['"${v}"', '3', 3],
    ['${v}', '1.5', 1.5],
    ['${v}', 'true', true],
    ['${v}', 'on', true],
    ['${v}', '', null],
    ['${v}', '~', null],
    ['${v}', 'text', 'text'],
    ['a${v}', '3', 'a3'],
    ['1${v}', '3', 13],
    ['${v}', '12345678901234567890', '12345678901234567890'],
    ['${v}', '.inf', '.inf'],
    ['${v}', 'a: b', 'a: b'],
    ['${v}', '{"a": [1]}', '{"a": [1]}'],
    ['${v}', 'one\nother: two', 'one\nother: two'],
    ['${v}', '"', '"'],
    ['${v}', '- x', '- x'],
    ['${v}', '${w}', '${w}'],
    ['$${v}', '3', '${v}'],
    ['${none:=3}', '', 3],
    ['plain', '3', 'plain'],
    ['"3"', '3', '3'],
  ];
  for (const [template, v, expected] of table) {
    test(`${template} with ${JSON.stringify(v)} is ${JSON.stringify(expected)}`, () => {
      const filled = fill(widget(template), { v });
      assert.deepEqual(filled, {
        apiVersion: 'example.org/v1',
        kind: 'Widget',
        metadata: { name: 'w' },
        spec: { field: expected },
      });
    });
  }
});

test('where only text may stand, a number stays text', () => {
  const text = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: "web-\${n}", namespace: "\${ns}", labels: {num: "\${n}"}, annotations: {num: "\${n}"}}
spec:
  replicas: \${n}
  selector: {matchLabels: {num: "\${n}"}}
  template:
    metadata: {labels: {num: "\${n}"}}
    spec:
      nodeSelector: {num: "\${n}"}
      containers:
      - {name: a, command: ["\${n}"], args: ["\${n}"], env: [{name: NUM, value: "\${n}"}], ports: [{containerPort: "\${n}"}]}
`;
  const filled = fill(text, { n: '3', ns: 'shop' });
  assert.deepEqual(filled, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web-3', namespace: 'shop', labels: { num: '3' }, annotations: { num: '3' } },
    spec: {
      replicas: 3,
      selector: { matchLabels: { num: '3' } },
      template: {
        metadata: { labels: { num: '3' } },
        spec: {
          nodeSelector: { num: '3' },
          containers: [
            {
              name: 'a',
              command: ['3'],
              args: ['3'],
              env: [{ name: 'NUM', value: '3' }],
              ports: [{ containerPort: 3 }],
            },
          ],
        },
      },
    },
  });
});

test('ConfigMaps and Secrets hold text, under keys that variables may name', () => {
  const text =
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {"${k}.conf": "${n}", script: "echo $${HOME} $1"}\n';
  const filled = fill(text, { k: 'app', n: '3' });
  assert.deepEqual(filled, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c' },
    data: { 'app.conf': '3', script: 'echo ${HOME} $1' },
  });
});

suite('objects that are left alone', () => {
  const marks: readonly (readonly [string, boolean])[] = [
    ['annotations: {sealift.dev/substitute: Disabled}', true],
    ['labels: {sealift.dev/substitute: disabled}', true],
    ['annotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}', true],
    ['labels: {kustomize.toolkit.fluxcd.io/substitute: disabled}', true],
    [
      'annotations: {sealift.dev/substitute: Enabled, kustomize.toolkit.fluxcd.io/substitute: disabled}',
      false,
    ],
    ['annotations: {sealift.dev/substitute: Enabled}', false],
  ];
  for (const [mark, isLeft] of marks) {
    test(`${mark} ${isLeft ? 'leaves' : 'does not leave'} it`, () => {
      const text = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, ${mark}}\ndata: {k: "\${n}"}\n`;
      const { resources } = substituteResources(parse(text), variablesOf({ n: '3' }));
      assert.deepEqual(resources[0]?.['data'], { k: isLeft ? '${n}' : '3' });
    });
  }
});

suite('what is refused', () => {
  test('variables without a value, all of them, each with file, line and object', () => {
    const text = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: "\${one}", b: "\${two}", c: "\${one}"}\n`;
    assert.throws(
      () => fill(text, { three: '3' }),
      (error) => {
        assert.ok(error instanceof FailuresError);
        assert.equal(error.code, 'INPUT_MISSING');
        assert.deepEqual(
          error.errors.map(({ message }) => message),
          [
            'app.yaml:1: ConfigMap c: variable one has no value and no default',
            'app.yaml:1: ConfigMap c: variable two has no value and no default',
          ],
        );
        return true;
      },
    );
  });

  const refused: readonly (readonly [string, string, string])[] = [
    ['what is no expression', widget('"${a b}"'), 'RESOURCE_INVALID'],
    [
      'a name that is none',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "${bad}"}\n',
      'RESOURCE_INVALID',
    ],
    [
      'a namespace that is none',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: "${bad}"}\n',
      'RESOURCE_INVALID',
    ],
    [
      'a key that is there',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {"${k}": a, key: b}\n',
      'RESOURCE_INVALID',
    ],
    [
      'a key of ours',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, annotations: {"${rule}": Disabled}}\n',
      'RESOURCE_INVALID',
    ],
    [
      'a key of Flux',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, annotations: {"kustomize.toolkit.${flux}": Disabled}}\n',
      'RESOURCE_INVALID',
    ],
    [
      'a key __proto__',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {"${proto}": a}\n',
      'RESOURCE_INVALID',
    ],
  ];
  const values = {
    bad: 'a/../b',
    k: 'key',
    rule: 'sealift.dev/prune',
    flux: 'fluxcd.io/force',
    proto: '__proto__',
  };
  for (const [what, text, code] of refused) {
    test(what, () => {
      assert.throws(
        () => fill(text, values),
        (error) => error instanceof FailuresError && error.code === code && !error.message.includes('a/../b'),
      );
    });
  }

  test('two objects that become one', () => {
    const text =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "${a}"}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n';
    assertThrowsWithCode(() => fill(text, { a: 'x' }), ResourceError, 'RESOURCE_DUPLICATE');
  });
});

test('what is used and what of it is secret is told', () => {
  const text = widget('"${user}:${pass^^}@${host:-db}"');
  const { used, secrets } = substituteResources(
    parse(text),
    variablesOf({ user: 'ann', pass: 'word', other: 'x' }, ['pass']),
  );
  assert.deepEqual(
    [...used],
    [
      ['user', 'ann'],
      ['pass', 'word'],
      ['host', undefined],
    ],
  );
  assert.deepEqual([...secrets], ['WORD']);
});

test('whatever the value, everything but the scalar is as it was', () => {
  const template = widget('"${v}"');
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (v) => {
      const filled = JSON.parse(JSON.stringify(fill(template, { v }))) as { spec: { field: unknown } }; // of the template
      assert.deepEqual(Object.keys(filled), ['apiVersion', 'kind', 'metadata', 'spec']);
      assert.deepEqual(Object.keys(filled.spec), ['field']);
      const { field } = filled.spec;
      assert.ok(field === null || ['string', 'number', 'boolean'].includes(typeof field));
      if (typeof field === 'string') assert.equal(field, v);
    }),
  );
});

suite('what all objects together take', () => {
  const object = (name: string, field: string): string => widget(field).replace('name: w', `name: ${name}`);
  const table: readonly (readonly [string, string])[] = [
    ['of a long value in many objects', '"https://${v}/"'],
    ['of one that nothing becomes of', '"${none:=${#v}}${v/[/[}${v:0:1}"'],
    ['of patterns', '"${v%%*a*b*c}"'],
  ];
  for (const [what, field] of table) {
    test(`is bounded: ${what}`, () => {
      const text = Array.from({ length: 70 }, (_, index) => object(`w${index}`, field)).join('---\n');
      const begin = process.memoryUsage().rss;
      assert.throws(
        () => substituteResources(parse(text), variablesOf({ v: 'x'.repeat(500_000) })),
        (error) =>
          error instanceof FailuresError &&
          error.errors.every((one) => one instanceof ResourceError && one.code === 'RESOURCE_LIMIT'),
      );
      assert.ok(process.memoryUsage().rss - begin < 500_000_000);
    });
  }
});

test('text that was encrypted is not quoted where its expressions can not be filled in', () => {
  for (const text of ['pa${sswo}rd', 'pa${sswo', 'pa${sswo:?rd}']) {
    assert.throws(
      () =>
        substituteResources(parse(widget(JSON.stringify(text))), variablesOf({ v: '1' }), new Set([text])),
      (error) =>
        error instanceof FailuresError &&
        error.errors.every(({ message, hint }) => !`${message} ${hint}`.includes('sswo')) &&
        error.errors[0]?.message ===
          'app.yaml:1:1: Widget.example.org w: spec.field was encrypted, and has an expression that can not be filled in',
    );
  }
});

test('what a secret is read as is secret, too', () => {
  const { resources, secrets } = substituteResources(
    parse(widget('${pin}')),
    variablesOf({ pin: '0x1e240' }, ['pin']),
  );
  assert.deepEqual(resources[0]?.['spec'], { field: 123456 });
  assert.ok(secrets.has('0x1e240') && secrets.has('123456'));
});
