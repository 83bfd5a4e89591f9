// What a kustomization refers to, with its places; and that no text makes the reader throw.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isInline, isRemote, readKustomization, readPlugins } from '../../../src/render/kustomization.ts';

const read = (text: string) => readKustomization('k.yaml', Buffer.from(text));

suite('readKustomization', () => {
  test('finds every path of every field', () => {
    const text = `
resources: [a.yaml, b]
bases: [c]
components: [d]
crds: [e.json]
configurations: [f.yaml]
openapi: { path: g.json, version: v1 }
patches: [{ path: h.yaml, target: { kind: X } }, { patch: "- op: remove" }]
patchesJson6902: [{ path: i.yaml, target: {} }]
patchesStrategicMerge: [j.yaml, "kind: X\\nmetadata: {}"]
replacements: [{ path: k.yaml }, { source: {}, targets: [] }]
configMapGenerator: [{ name: x, files: [l, m=n], envs: [o], env: p, literals: [a=https://x] }]
secretGenerator: [{ name: y, files: [q], type: Opaque }]
generators: [r.yaml]
transformers: [s.yaml]
validators: [t.yaml]
`;
    const { references, charts, problems } = read(text);
    assert.deepEqual(problems, []);
    assert.deepEqual(charts, []);
    const paths = (kind: string): string =>
      references
        .filter((reference) => reference.kind === kind)
        .map(({ path }) => path)
        .join(' ');
    assert.equal(paths('resource'), 'a.yaml b c d');
    assert.equal(paths('file'), 'e.json f.yaml g.json h.yaml i.yaml j.yaml k.yaml l n o p q');
    assert.equal(paths('plugin'), 'r.yaml s.yaml t.yaml');
    assert.deepEqual(references[1]?.location, { file: 'k.yaml', line: 2, column: 21 });
  });

  const refused: readonly (readonly [what: string, text: string, message: RegExp])[] = [
    ['a field that is not known', 'resource: [x]', /^k\.yaml:1:1: field resource is not known$/u],
    ['a member of a prototype', 'constructor: [x]', /field constructor is not known$/u],
    ['a key twice', 'resources: [x]\nresources: [y]', /^k\.yaml:2:1: /u],
    ['a second document', 'resources: []\n---\nresources: [x]', /several documents$/u],
    ['a text for a list', 'resources: x', /^k\.yaml:1:12: resources is no list$/u],
    ['a number for a path', 'resources: [1]', /resources\.0 is no text$/u],
    ['a list for a kustomization', '- x', /kustomization is no object$/u],
    ['a patch that is a text', 'patches: [x.yaml]', /patches\.0 is no object$/u],
    ['a member that is not known', 'configMapGenerator: [{ urls: [x] }]', /member .*urls is not known$/u],
    ['what is no YAML', 'a: [', /^k\.yaml:1:/u],
  ];
  for (const [what, text, message] of refused) {
    test(`refuses ${what}`, () => {
      const [problem] = read(text).problems;
      assert.equal(problem?.code, 'RENDER_REFUSED');
      assert.match(problem?.message ?? '', message);
    });
  }

  test('reads fields in any case, as kustomize does, and both where there are two', () => {
    const text = 'rESOURCES: [a]\nreſources: [b]\nresources: [c]\nnameprefix: x\npatches: [{ PATH: d }]\n';
    const { references, problems } = read(text);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      references.map(({ path }) => path),
      ['a', 'b', 'c', 'd'],
    );
    assert.deepEqual(read('\u212Aind: x\n').problems, []);
  });

  test('never throws', () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return seed % below;
    };
    const parts = [
      'resources',
      'patches',
      ': ',
      '[',
      ']',
      '{',
      '}',
      '\n',
      '- ',
      '  ',
      'path',
      '*a',
      '&a ',
      '"',
      'x',
      '---\n',
      '<<: ',
    ];
    for (let round = 0; round < 3000; round += 1) {
      let text = '';
      for (let count = random(14); count >= 0; count -= 1) text += parts[random(parts.length)] ?? '';
      read(text);
      readPlugins('p.yaml', Buffer.from(text));
    }
  });
});

test('what kustomize may look for elsewhere', () => {
  for (const path of [
    'https://x/y',
    'HTTP:x',
    ' https://x',
    'git::x',
    'ssh://git@x/y',
    'git@x:y',
    'github.com/a/b',
    'x/y?ref=z',
    'x.git',
    'x.git/base',
    'x//y',
    'x/_git/y',
  ]) {
    assert.ok(isRemote(path), path);
  }
  for (const path of ['../base', 'a.yaml', './x/y-1.21+', 'my.github.com.yaml']) {
    assert.ok(!isRemote(path), path);
  }
  assert.ok(isInline('a: b\nc: d') && isInline(' {"a":1}') && !isInline('http://x/{}'));
});
