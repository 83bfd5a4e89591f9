// Files of YAML at random: well-formed ones, ones with a mistake, and mixtures of YAML's own characters.
import fc from 'fast-check';

const marks = [
  '- ',
  ': ',
  '? ',
  '{',
  '}',
  '[',
  ']',
  '&a ',
  '*a',
  '<<: ',
  '|',
  '>',
  '"',
  "'",
  '\n',
  '\n  ',
  '\n    ',
  '  ',
  ' ',

  '---\n',
  '!!int ',
  '!!str ',
  '%',
  '#',
  ' # c',
  '~',
  '1',
  'a',
  'b',
  'c: ',
  ',',
  ', ',
  '\t',
  '...\n',
  '-',
  '?',
  ':',

  '|-\n  ',
  '>+\n  ',
  '\\',
  '\\n',
  '1.5',
  '0x',
  'a b',
  'key: ',
  'x',
  '"k": ',
  '\u{E9}',
  '=',
  '!',
  '@',
  '`',
  "''",
  '\n- ',
  '\n  - ',
  '{a: 1}',
  '[1]',
  'null',
  'on',
  '0644',
  'a:',
  '\r\n',
  'http://x/y?z',
  '\n\n',
];
const mark = fc.constantFrom(...marks);
const chaos = fc.array(mark, { minLength: 1, maxLength: 14 }).map((parts) => parts.join(''));

/** A whole file of every construct, in which mistakes are made. */
const sound = `a: 1
b:
  c: &x [1, "two", three]
  d: *x
  e: |
    line
      more

    end
  f: >-
    fold
    ed

    text
g:
- h: {i: j, k: [l, m]}
  n: 'it''s'
- o # comment
q: "x\\ty"
`;
type Edit = readonly [at: number, removed: number, mark: string];
const edit: fc.Arbitrary<Edit> = fc.tuple(
  fc.nat({ max: sound.length }),
  fc.nat({ max: 3 }),
  fc.oneof(mark, fc.constant('')),
);
const edited = fc
  .array(edit, { minLength: 1, maxLength: 4 })
  .map((edits) =>
    edits.reduce((text, [at, removed, added]) => text.slice(0, at) + added + text.slice(at + removed), sound),
  );

const scalar = fc.string({
  unit: fc.constantFrom(...'018_.eExXbBoO-+fFn~ '.split('')),
  minLength: 1,
  maxLength: 7,
});
const scalars = fc
  .tuple(scalar, fc.boolean())
  .map(([text, isKey]) => (isKey ? `${text}: a\n` : `a: ${text}\n`));

const text = fc
  .array(
    fc.constantFrom(
      'a',
      'b',
      ' ',
      ' ',
      '\n',
      '\n',
      '\t',
      ':',
      ' #',
      '-',
      '"',
      "'",
      '\\',
      '  ',
      '\n\n',
      '\u{E9}',
      '{',
      '?',
      '%',
      '---',
      '|',
    ),
    { maxLength: 13 },
  )
  .map((parts) => parts.join(''));
const rest = fc.constantFrom(
  '',
  '\n',
  '\n\n',
  '\nz: 1\n',
  '\n# c\n',
  '\n  z: 1\n',
  '\n...\n',
  '\n---\nz: 1\n',
);
const front = fc.constantFrom('a: ', 'a:\n  b: ', '- a: ', 'a:\n- ', 'a: &x ', 'a: !!str ');
const blocks = fc
  .record({
    front,
    style: fc.constantFrom('|', '>'),
    marks: fc.constantFrom('', '', '', '+', '-', '1', '2', '2-', '+3', '4', ' # c', '- # c'),
    pad: fc.constantFrom(' ', '  ', '   ', '    '),
    text,
    lesser: fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 6 }),
    rest,
  })
  .map((parts) => {
    const lines = parts.text.split('\n').map((line, index) => {
      const cut = parts.lesser[index % parts.lesser.length] === 0 ? 1 : 0;
      return parts.pad.slice(cut) + line;
    });
    return `${parts.front}${parts.style}${parts.marks}\n${lines.join('\n')}${parts.rest}`;
  });

const ends = fc.constantFrom('\n', ' # c\n', ']\n', '}\n', '\nz: 1\n', ': 1\n');
const flowFront = fc.oneof(front, fc.constantFrom('a: [', 'a: {b: ', 'a:\n  - ', '{', '? '));
const quoted = fc
  .tuple(flowFront, fc.boolean(), text, ends)
  .map(([begin, isDouble, inner, end]) =>
    isDouble
      ? `${begin}"${inner.replaceAll('"', '\\"')}"${end}`
      : `${begin}'${inner.replaceAll("'", "''")}'${end}`,
  );
const plain = fc.tuple(flowFront, text, ends).map((parts) => parts.join(''));

const leaf = fc.constantFrom(
  '1',
  'a',
  '"b"',
  "'c'",
  '~',
  'on',
  'a b',
  'x:y',
  '1.5',
  '',
  '*x',
  '"a: b"',
  '-1',
  '#x',
  'a #b',
  '[]',
  '{}',
  '&y z',
  '\u{E9}',
  '"\\u00e9"',
);
const { flow } = fc.letrec<{ flow: string }>((tie) => ({
  flow: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc
      .tuple(fc.array(tie('flow'), { maxLength: 3 }), fc.constantFrom(', ', ',', ' ,', ',\n      '))
      .map(([items, comma]) => `[${items.join(comma)}]`),
    fc
      .array(
        fc.tuple(
          fc.constantFrom('k', '"q"', 'l m', 'on', '1', '<<'),
          fc.constantFrom(': ', ':', ' : '),
          tie('flow'),
        ),
        {
          maxLength: 3,
        },
      )
      .map((members) => `{${members.map((parts) => parts.join('')).join(', ')}}`),
  ),
}));
const { block } = fc.letrec<{ block: readonly string[] }>((tie) => ({
  block: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(leaf, flow).map((line) => [line]),
    fc
      .array(fc.tuple(fc.constantFrom('k', 'l', '"m"', 'n o', '&z q'), tie('block')), {
        minLength: 1,
        maxLength: 3,
      })
      .map((members) =>
        members.flatMap(([key, lines], index) =>
          lines.length === 1
            ? [`${key}${index}: ${lines[0]}`]
            : [`${key}${index}:`, ...lines.map((line) => `  ${line}`)],
        ),
      ),
    fc
      .array(tie('block'), { minLength: 1, maxLength: 3 })
      .map((items) =>
        items.flatMap((lines) => lines.map((line, index) => `${index === 0 ? '- ' : '  '}${line}`)),
      ),
  ),
}));
const structures = fc
  .tuple(flow, block, block)
  .map(([first, ...blocksBelow]) =>
    [
      `x: &x ${first}`,
      ...blocksBelow.flatMap((lines, index) => [`b${index}:`, ...lines.map((line) => ` ${line}`)]),
      '',
    ].join('\n'),
  );

const json = fc
  .tuple(
    fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 }),
    fc.constantFrom(undefined, 1, '\t'),
  )
  .map(([value, space]) => JSON.stringify(value, undefined, space));

/** Files by how they are made. */
export const grammars: Readonly<Record<string, fc.Arbitrary<string>>> = {
  chaos,
  edited,
  scalars,
  blocks,
  quoted,
  plain,
  structures,
  json,
};
