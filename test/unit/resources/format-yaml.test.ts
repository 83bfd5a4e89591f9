import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { readDocuments } from '../../../src/resources/documents.ts';
import { formatYaml } from '../../../src/resources/format-yaml.ts';

/** Larger integers are refused when they are read. */
const isReadable = (number: number): boolean => !Number.isInteger(number) || Number.isSafeInteger(number);
const unusual = fc.string({
  unit: fc.constantFrom(
    ...' \t\n:#-?!&*|>%@`"\'{}[],\\0a1eyn~.<=\u{85}\u{2028}\u{FEFF}\u{E9}'.split(''),
    '\u{1F600}',
    '\u{7F}',
    '\u{7}',
  ),
  maxLength: 12,
});
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    unusual,
    fc.constantFrom<unknown>(
      '0644',
      'on',
      'null',
      '~',
      '',
      '1e3',
      '.5',
      '12:30',
      'x\n',
      'x\ny',
      'x\n\n',
      ' x\ny',
      '---',
      '...',
    ),
    fc.oneof(
      fc.maxSafeInteger(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).filter(isReadable),
      fc.boolean(),
      fc.constant(null),
    ),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(unusual, tie('value'), { maxKeys: 3 }),
  ),
}));

suite('YAML in one form', () => {
  test('is what people write', () => {
    const text = formatYaml({
      kind: 'ConfigMap',
      apiVersion: 'v1',
      data: { 'a.conf': 'server {\n  listen 80;\n}\n', mode: 'on', port: '80' },
      list: [{ name: 'a', items: [1, [2, []]] }, 'text of words', {}],
    });
    assert.equal(
      text,
      `apiVersion: v1
data:
  a.conf: |
    server {
      listen 80;
    }
  mode: "on"
  port: "80"
kind: ConfigMap
list:
- items:
  - 1
  - - 2
    - []
  name: a
- text of words
- {}
`,
    );
  });

  test('is read back as it was', () => {
    fc.assert(
      fc.property(value, (member) => {
        const text = formatYaml({ member });
        const { documents, problems } = readDocuments('a', Buffer.from(text));
        if (JSON.stringify(member).includes('__proto__')) return;
        assert.deepEqual(problems.map(String), [], text);
        assert.deepEqual(
          JSON.parse(JSON.stringify(documents[0]?.value)),
          JSON.parse(JSON.stringify({ member })),
          text,
        );
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  test('does not depend on the order of keys', () => {
    assert.equal(formatYaml({ a: 1, b: { c: 1, d: 2 } }), formatYaml({ b: { d: 2, c: 1 }, a: 1 }));
  });
});
