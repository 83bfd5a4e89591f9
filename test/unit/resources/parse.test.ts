import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { ResourceError } from '../../../src/errors.ts';
import { resourceLimits } from '../../../src/limits.ts';
import { locateFields, parseFile, type ParsedFile } from '../../../src/resources/parse.ts';

const head = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n';

function parse(text: string | Uint8Array): ParsedFile {
  return parseFile('dir/a.yaml', Buffer.from(text));
}

function namesOf({ resources, problems }: ParsedFile): string[] {
  assert.deepEqual(problems.map(String), []);
  return resources.map(({ resource }) => resource.metadata.name);
}

/** Code, line and column of the first problem. */
function problemOf({ resources, problems }: ParsedFile): unknown[] {
  assert.deepEqual(resources, []);
  const [problem] = problems;
  assert.ok(problem instanceof ResourceError);
  assert.equal(problem.location.file, 'dir/a.yaml');
  return [problem.code, problem.location.line, problem.location.column];
}

suite('documents', () => {
  test('several, empty ones and comments', () => {
    const file = parse(`---\n# nothing\n---\n${head}---\n---\n${head.replace('name: a', 'name: b')}...\n`);
    assert.deepEqual(namesOf(file), ['a', 'b']);
    assert.deepEqual(
      file.resources.map(({ location }) => location.line),
      [4, 9],
    );
  });

  test('nothing at all', () => {
    for (const text of ['', '\n', '# words\n', '---\n', '---\n---\n', 'null\n']) {
      assert.deepEqual(namesOf(parse(text)), [], JSON.stringify(text));
    }
  });

  test('JSON with tabs, a byte order mark, CRLF', () => {
    assert.deepEqual(
      namesOf(parse('{\n\t"apiVersion": "v1",\n\t"kind": "A",\n\t"metadata": {"name": "a"}\n}')),
      ['a'],
    );
    assert.deepEqual(namesOf(parse(`\u{FEFF}${head}`)), ['a']);
    assert.deepEqual(namesOf(parse(head.replaceAll('\n', '\r\n'))), ['a']);
  });
});

suite('lists', () => {
  const item = (name: string): string => `{apiVersion: v1, kind: ConfigMap, metadata: {name: ${name}}}`;

  test('are expanded, nested ones too', () => {
    const inner = `{apiVersion: v1, kind: ConfigMapList, items: [${item('b')}, ${item('c')}]}`;
    assert.deepEqual(namesOf(parse(`apiVersion: v1\nkind: List\nitems: [${item('a')}, ${inner}]\n`)), [
      'a',
      'b',
      'c',
    ]);
  });

  test('tell where a bad item stands', () => {
    const file = parse(`apiVersion: v1\nkind: List\nitems:\n- ${item('a')}\n- {apiVersion: v1, kind: 7}\n`);
    assert.equal(file.resources.length, 1);
    assert.deepEqual(
      file.problems.map(({ code, location }) => [code, location.line]),
      [
        ['RESOURCE_INVALID', 5],
        ['RESOURCE_INVALID', 5],
      ],
    );
  });

  test('may be empty', () => {
    assert.deepEqual(namesOf(parse('apiVersion: v1\nkind: List\nitems: []\n')), []);
    assert.deepEqual(namesOf(parse('apiVersion: v1\nkind: List\nitems: null\n')), []);
  });

  test('may be of a kind, whose items say theirs', () => {
    assert.deepEqual(namesOf(parse(`apiVersion: v1\nkind: ConfigMapList\nitems: [${item('a')}]\n`)), ['a']);
    const untyped = 'apiVersion: v1\nkind: ConfigMapList\nitems:\n- {metadata: {name: a}}\n';
    assert.deepEqual(problemOf(parse(untyped)), ['RESOURCE_INVALID', 4, 3]);
  });

  test('in JSON, and items that are aliases', () => {
    const { resources } = parse(
      '{\n "apiVersion": "v1",\n "kind": "List",\n "items": [\n  {"apiVersion": "v1", "kind": "A", "metadata": {"name": "a"}}\n]}',
    );
    assert.deepEqual(resources[0]?.location, { file: 'dir/a.yaml', line: 5, column: 3 });
    const aliased = `kind: List\nx: &x\n  ${item('a')}\nitems: [*x]\n`;
    assert.deepEqual(parse(aliased).resources[0]?.location, { file: 'dir/a.yaml', line: 4, column: 9 });
  });

  test('nest as deep as documents do', () => {
    const nest = (depth: number): string =>
      depth === 0 ? item('a') : `{kind: List, items: [${nest(depth - 1)}]}`;
    assert.deepEqual(namesOf(parse(`${nest(40)}\n`)), ['a']);
    assert.deepEqual(problemOf(parse(`${nest(60)}\n`))[0], 'RESOURCE_LIMIT');
  });
});

suite('places of fields', () => {
  const place = (text: string, ...path: readonly string[]): unknown[] => {
    const [parsed] = parse(text).resources;
    assert.ok(parsed);
    const [found] = locateFields('dir/a.yaml', Buffer.from(text), [{ location: parsed.location, path }]);
    return [found?.line, found?.column];
  };

  test('are those of their keys', () => {
    assert.deepEqual(place(`---\n---\n${head}data:\n  a: 1\n  b: |\n    x\n`, 'data', 'b'), [8, 3]);
    assert.deepEqual(place(`${head}items: [{a: 1}, {b: 2}]\n`, 'items', '1', 'b'), [4, 18]);
    assert.deepEqual(
      place(`kind: List\nitems:\n- ${head.replaceAll('\n', '\n  ')}data: {on: 1}\n`, 'data', 'true'),
      [6, 10],
    );
  });

  test('that are not in the text are those of the deepest key that is', () => {
    assert.deepEqual(place(`x: &x {a: 1}\n${head}data: *x\n`, 'data', 'a'), [5, 1]);
    assert.deepEqual(place(head, 'data', 'a'), [1, 1]);
  });
});

suite('problems do not repeat values', () => {
  for (const value of [
    '98765432109876543210',
    '*hunter98765',
    '!hunter98765 x',
    '!<hunter98765> x',
    '!!hunter98765 x',
    '!!int hunter98765',
    '!!hunter98765 {a: b}',
    '&hunter,98765 x',
    '&hunter98765 [*hunter98765]',
    '|hunter98765',
    '>-hunter98765\n  x',
    '"\\U98765432"',
    '"hunter98765',
    "'x' hunter98765",
    '@hunter98765',
    '%hunter98765',
    '{hunter98765',
    '[a]hunter98765',
    '- hunter98765',
    '? hunter98765',
    'a: hunter98765',
    '#hunter98765\n hunter: 98765\n98765',
    '\nhunter98765',
    '\n\thunter98765',
  ]) {
    test(JSON.stringify(value), () => {
      for (const text of [`${head}data:\n  a: ${value}\n`, `{"a": {"b": ${value}}}`, `{"a": "b"} ${value}`]) {
        for (const problem of parse(text).problems) {
          assert.doesNotMatch(problem.message, /98765/u, text);
          assert.equal(problem.cause, undefined);
        }
      }
      assert.ok(parse(`${head}data:\n  a: ${value}\n`).problems.length > 0);
    });
  }
});

suite('problems and their places', () => {
  const table: readonly (readonly [string, string | Uint8Array, readonly unknown[]])[] = [
    ['duplicate keys', `${head}x: 1\nx: 2\n`, ['YAML_INVALID', 5, 1]],
    ['duplicate keys by value', `${head}x: {on: 1, true: 2}\n`, ['YAML_INVALID', 4, 12]],
    ['no name', 'apiVersion: v1\nkind: A\nmetadata: {}\n', ['RESOURCE_INVALID', 3, 11]],
    ['generateName', 'apiVersion: v1\nkind: A\nmetadata: {generateName: a-}\n', ['RESOURCE_INVALID', 3, 11]],
    [
      'a name that is a path',
      'apiVersion: v1\nkind: A\nmetadata:\n  name: ../a\n',
      ['RESOURCE_INVALID', 4, 9],
    ],
    [
      'a name that is a number',
      'apiVersion: v1\nkind: A\nmetadata:\n  name: 1\n',
      ['RESOURCE_INVALID', 4, 9],
    ],
    [
      'a namespace that is a path',
      head.replace('name: a', 'name: a, namespace: a/b'),
      ['RESOURCE_INVALID', 3, 32],
    ],
    [
      'a label that is no text',
      head.replace('name: a', 'name: a, labels: {b: 1}'),
      ['RESOURCE_INVALID', 3, 33],
    ],
    ['a document that is a list', '- a\n- b\n', ['RESOURCE_INVALID', 1, 1]],
    ['a document that is text', 'hello\n', ['RESOURCE_INVALID', 1, 1]],
    ['an apiVersion that is a path', head.replace('v1', '../v1'), ['RESOURCE_INVALID', 1, 13]],
    ['an unknown alias', `${head}x: *none\n`, ['YAML_INVALID', 4, 4]],
    ['an unclosed bracket', `${head}x: [1\n`, ['YAML_INVALID', 5, 1]],
    ['bytes that are not UTF-8', Buffer.from([0x61, 0xff, 0xfe]), ['YAML_INVALID', undefined, undefined]],
    [
      'UTF-16 with its mark',
      Buffer.from(`\u{FEFF}${head}`, 'utf16le'),
      ['YAML_INVALID', undefined, undefined],
    ],
  ];
  for (const [name, text, expected] of table) {
    test(name, () => {
      assert.deepEqual(problemOf(parse(text)), expected);
    });
  }

  test('a problem in one document leaves the others', () => {
    const { resources, problems } = parse(`${head}---\nkind: A\n---\n${head.replace('name: a', 'name: b')}`);
    assert.equal(resources.length, 2);
    assert.deepEqual(new Set(problems.map(({ location }) => location.line)), new Set([5]));
  });
});

suite('hostile files', () => {
  test('alias bombs', () => {
    const levels = Array.from({ length: 9 }, (_, level) => {
      const inner = level === 0 ? 'x' : `*a${level - 1}`;
      return `a${level}: &a${level} [${Array.from({ length: 9 }, () => inner).join(', ')}]\n`;
    });
    assert.deepEqual(problemOf(parse(head + levels.join('')))[0], 'RESOURCE_LIMIT');
    const merges = levels.map((level) =>
      level.replace('[', '{<<: [').replace(']', ']}').replaceAll('x', '{}'),
    );
    assert.deepEqual(problemOf(parse(head + merges.join('')))[0], 'RESOURCE_LIMIT');
  });

  test('aliases of a long text', () => {
    const aliases = Array.from({ length: 1000 }, () => '*x').join(', ');
    assert.deepEqual(problemOf(parse(`${head}x: &x ${'x'.repeat(10_000)}\ny: [${aliases}]\n`)), [
      'RESOURCE_LIMIT',
      4,
      7,
    ]);
  });

  test('an anchor that contains itself', () => {
    assert.deepEqual(problemOf(parse(`${head}x: &x {y: [*x]}\n`)), ['YAML_INVALID', 4, 12]);
    assert.deepEqual(problemOf(parse(`${head}x: &x {<<: *x}\n`)), ['YAML_INVALID', 4, 12]);
  });

  test('a chain of aliases that is as deep as it is long', () => {
    const links = Array.from(
      { length: 900 },
      (_, link) => `a${link}: &a${link} ${link === 0 ? 'x' : `[*a${link - 1}]`}\n`,
    );
    assert.equal(problemOf(parse(head + links.join('')))[0], 'RESOURCE_LIMIT');
  });

  test('nesting within the limit and beyond it', () => {
    const nested = (depth: number): string => `${head}x: ${'['.repeat(depth)}${']'.repeat(depth)}\n`;
    assert.deepEqual(namesOf(parse(nested(resourceLimits.depth - 1))), ['a']);
    assert.deepEqual(problemOf(parse(nested(resourceLimits.depth))), ['RESOURCE_LIMIT', 1, 1]);
  });

  test('nesting that exhausts the stack', () => {
    assert.equal(problemOf(parse(`${head}x: ${'['.repeat(5000)}\n`))[0], 'YAML_INVALID');
  });

  test('more documents than allowed', () => {
    assert.deepEqual(problemOf(parse('---\n1\n'.repeat(resourceLimits.documents + 1)))[0], 'RESOURCE_LIMIT');
  });

  test('an object larger than the API server takes', () => {
    const large = `${head}data: {x: ${'x'.repeat(resourceLimits.resourceBytes)}}\n`;
    assert.equal(problemOf(parse(large))[0], 'RESOURCE_LIMIT');
  });

  test('__proto__ is refused wherever it stands', () => {
    for (const text of [
      `${head}data: {__proto__: {polluted: yes}}\n`,
      `${head}__proto__: {polluted: yes}\n`,
    ]) {
      assert.equal(problemOf(parse(text))[0], 'YAML_INVALID');
    }
    assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false);
  });

  test('any bytes: nothing is thrown, and whatever is refused says so', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const { problems } = parseFile('any', bytes);
        for (const problem of problems) assert.ok(problem instanceof ResourceError);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test('any mixture of YAML’s own characters: nothing is thrown', () => {
    const words = [
      '- ',
      ': ',
      '? ',
      '{',
      '}',
      '[',
      ']',
      '&a ',
      '*a',
      '<<',
      '|',
      '>',
      '"',
      "'",
      '\n',
      '  ',
      '---\n',
      '!!int ',
      '!x ',
      '%',
      '#',
      '~',
      '1',
      'a',
      ',',
      '\t',
      '...\n',
      'kind',
      'items',
      'List',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words), { maxLength: 40 }), (parts) => {
        parse(parts.join(''));
      }),
      { seed: 2, numRuns: 1000 },
    );
  });

  test('JSON comes back as it went in', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const object = { apiVersion: 'v1', kind: 'A', metadata: { name: 'a' }, value };
        const text = JSON.stringify(object);
        const { resources, problems } = parse(text);
        if (problems.some(({ message }) => message.includes('too large'))) return;
        assert.deepEqual(problems.map(String), [], text);
        assert.deepEqual(JSON.parse(JSON.stringify(resources[0]?.resource)), JSON.parse(text));
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});

test('an object whose name sops has encrypted as well is refused once a field, with the way to encrypt it', () => {
  const text = 'ENC[AES256_GCM,data:Od8/,iv:Yv67,tag:lIKK,type:str]';
  const { problems } = parse(`apiVersion: v1\nkind: ${text.repeat(2)}\nmetadata: {name: "${text}"}\n`);
  assert.deepEqual(
    problems.map(({ code, message }) => [code, message]),
    [
      ['RESOURCE_INVALID', 'dir/a.yaml:2:7: kind: is encrypted'],
      ['RESOURCE_INVALID', 'dir/a.yaml:3:18: metadata.name: is encrypted'],
    ],
  );
  assert.match(problems[0]?.hint ?? '', /--encrypted-regex/u);
});
