// Marked values are edited, and not one other byte.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setImages } from '../../../src/images/setters.ts';

const digest = `sha256:${'b'.repeat(64)}`;
const mark = (text: string): string => `# {"$imagepolicy": "apps:web${text}"}`;

function edit(text: string, chosen = { name: 'r.example/web', tag: '2.0.0' }): string {
  const bytes = Buffer.from(text);
  const { bytes: edited, problems } = setImages({ path: 'a.yaml', bytes }, ({ policy }) =>
    policy === 'apps/web' ? chosen : undefined,
  );
  assert.deepEqual(problems, []);
  return Buffer.from(edited).toString('utf8');
}

suite('edits', () => {
  for (const [name, before, after] of [
    ['an image', `image: r.example/web:1.0.0 ${mark('')}`, `image: r.example/web:2.0.0 ${mark('')}`],
    ['a tag', `a:\n  - tag:   1.0.0   ${mark(':tag')}\n`, `a:\n  - tag:   2.0.0   ${mark(':tag')}\n`],
    ['a name', `n: old ${mark(':name')}\nb: c # d\n`, `n: r.example/web ${mark(':name')}\nb: c # d\n`],
    ['single quotes', `i: 'x:1' ${mark('')}\n`, `i: 'r.example/web:2.0.0' ${mark('')}\n`],
    ['double quotes', `i: "x:1" ${mark('')}\n`, `i: "r.example/web:2.0.0" ${mark('')}\n`],
    ['an anchor', `i: &a x:1 ${mark('')}\nj: *a\n`, `i: &a r.example/web:2.0.0 ${mark('')}\nj: *a\n`],
    ['line ends', `i: x:1 ${mark('')}\r\nj: k\r\n`, `i: r.example/web:2.0.0 ${mark('')}\r\nj: k\r\n`],
    ['a byte order mark', `\u{feff}i: x:1 ${mark('')}\n`, `\u{feff}i: r.example/web:2.0.0 ${mark('')}\n`],
    [
      'a later document',
      `a:   "b"\n---\n# ü 🚀\ni: x:1 ${mark('')}\n---\nc: {d:   e}\n`,
      `a:   "b"\n---\n# ü 🚀\ni: r.example/web:2.0.0 ${mark('')}\n---\nc: {d:   e}\n`,
    ],
    [
      'text before it',
      `i: {u: "🚀", v: x}\nj: x ${mark('')}\n`,
      `i: {u: "🚀", v: x}\nj: r.example/web:2.0.0 ${mark('')}\n`,
    ],
  ] as const) {
    test(name, () => assert.equal(edit(before), after));
  }

  test('quotes come where a tag would be a number', () => {
    assert.equal(edit(`t: "1" ${mark(':tag')}`, { name: 'a', tag: '10' }), `t: "10" ${mark(':tag')}`);
    assert.equal(edit(`t: x ${mark(':tag')}`, { name: 'a', tag: '1.10' }), `t: "1.10" ${mark(':tag')}`);
  });

  test('digests stand behind tags and alone', () => {
    const chosen = { name: 'a', tag: '1.2', digest };
    assert.equal(edit(`t: x ${mark(':tag')}`, chosen), `t: 1.2@${digest} ${mark(':tag')}`);
    assert.equal(edit(`t: x ${mark(':digest')}`, chosen), `t: ${digest} ${mark(':digest')}`);
  });
});

suite('leaves alone', () => {
  for (const [name, text] of [
    ['other policies', 'i: x:1 # {"$imagepolicy": "apps:other"}\n'],
    ['other comments', 'i: x:1 # {"$other": "apps:web"}\nj: k # {broken\n'],
    ['a mark on a line of its own', `${mark('')}\ni: x:1\n`],
    ['a mark in text', `i: |\n  x:1 ${mark('')}\nj: "k ${mark('').replaceAll('"', "'")}"\n`],
    ['unknown parts', `i: x:1 ${mark(':other')}\n`],
  ] as const) {
    test(name, () => assert.equal(edit(text), text));
  }

  test('what one line can not hold is a problem, and stays', () => {
    const text = `i: "a\\x41" ${mark('')}\n`;
    const chosen = { name: 'r.example/web', tag: '2' };
    const { bytes, problems } = setImages({ path: 'a.yaml', bytes: Buffer.from(text) }, () => chosen);
    assert.equal(Buffer.from(bytes).toString('utf8'), text);
    assert.deepEqual(
      problems.map(({ code, location }) => [code, location.line]),
      [['RESOURCE_INVALID', 1]],
    );
  });
});
