// Documentation that code can check: the table of exit codes, links to files, and the command's options.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { suite, test } from 'node:test';
import { exitCodeOf, exitCodes } from '../src/cli/exit-codes.ts';
import { usage } from '../src/cli/usage.ts';
import type { ErrorCode } from '../src/errors.ts';

const root = join(import.meta.dirname, '..');

function read(path: string): Promise<string> {
  return readFile(join(root, path), 'utf8');
}

/** The text of a section of the second level, its subsections included. */
function section(text: string, heading: string): string {
  const start = text.indexOf(`\n## ${heading}\n`);
  assert.notEqual(start, -1, `no section ${heading}`);
  const end = text.indexOf('\n## ', start + 1);
  return text.slice(start, end === -1 ? undefined : end);
}

/** What stands in the switch is an ErrorCode: tsc sees that it is exhaustive. */
async function readCodes(): Promise<readonly ErrorCode[]> {
  const text = await read('src/cli/exit-codes.ts');
  return [...text.matchAll(/^\s*case '([A-Z_]+)':/gmu)].map(([, code]) => code as ErrorCode);
}

/** Rows of the table in docs/cli.md: an exit code and its error codes. */
async function readRows(): Promise<readonly { readonly exit: number; readonly codes: readonly string[] }[]> {
  const rows = section(await read('docs/cli.md'), 'Exit codes').matchAll(
    /^\| (\d+) \| [^|]+ \| *([^|]*?) *\|$/gmu,
  );
  return [...rows].map(([, exit, codes = '']) => ({
    exit: Number(exit),
    codes: codes === '' ? [] : codes.split(', '),
  }));
}

suite('exit codes in docs/cli.md', () => {
  test('every code stands in the row of its exit code, once', async () => {
    const codes = await readCodes();
    assert.ok(codes.length > 40);
    const documented = (await readRows()).flatMap(({ exit, codes: names }) =>
      names.map((name) => `${name} ${exit}`),
    );
    assert.deepEqual(documented.toSorted(), codes.map((code) => `${code} ${exitCodeOf(code)}`).toSorted());
  });

  test('every exit code has a row, in order', async () => {
    const exits = (await readRows()).map(({ exit }) => exit);
    assert.deepEqual(
      exits,
      Object.values(exitCodes).toSorted((a, b) => a - b),
    );
  });
});

async function listDocuments(): Promise<readonly string[]> {
  const top = (await readdir(root)).filter((name) => name.endsWith('.md'));
  const below = (await readdir(join(root, 'docs'), { recursive: true })).filter((name) =>
    name.endsWith('.md'),
  );
  return [...top, ...below.map((name) => join('docs', name)), 'examples/README.md'];
}

/** Targets of links to files, with their fragments; code is no link. */
function linksOf(text: string): readonly string[] {
  const prose = text.replaceAll(/^ *```[\s\S]*?^ *```$/gmu, '').replaceAll(/`[^`\n]*`/gu, 'code');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/gu)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/u.test(target));
}

/** Fragments that a file's headings have, as GitHub makes them. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = text.replaceAll(/^ *```[\s\S]*?^ *```$/gmu, '').matchAll(/^#+ (.+)$/gmu);
  return new Set(
    [...headings].map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

test('every link leads to a file and a heading that exist', async () => {
  const documents = await listDocuments();
  assert.ok(documents.length > 10);
  let count = 0;
  for (const document of documents) {
    for (const link of linksOf(await read(document))) {
      const [path = '', fragment] = link.split('#');
      const target = path === '' ? join(root, document) : join(root, dirname(document), path);
      assert.ok(!relative(root, target).startsWith('..'), `${document}: ${link} leads out of the repository`);
      assert.ok(existsSync(target), `${document}: ${link} leads to no file`);
      count += 1;
      if (fragment === undefined || !target.endsWith('.md')) continue;
      const anchors = anchorsOf(await readFile(target, 'utf8'));
      assert.ok(anchors.has(fragment), `${document}: ${link} leads to no heading`);
    }
  }
  assert.ok(count > 10);
});

/** Options by verb, as `sealift help` names them; those of all verbs stand under the empty name. */
function optionsByVerb(): ReadonlyMap<string, readonly string[]> {
  const [verbs = '', general = ''] = usage.split('\n\nOptions of all: ');
  const optionsOf = (text: string): readonly string[] =>
    [...text.matchAll(/(?<![\w-])(--?[a-z][a-z-]*)/gu)].map(([, option = '']) => option);
  const entries = verbs
    .split(/^ {2}sealift /mu)
    .slice(1)
    .map((text) => [/^[a-z]+/u.exec(text)?.[0] ?? '', optionsOf(text)] as const);
  const options = new Map<string, string[]>();
  // A verb may have several forms.
  for (const [verb, names] of [...entries, ['', optionsOf(general)] as const]) {
    options.set(verb, [...(options.get(verb) ?? []), ...names]);
  }
  return options;
}

test('every option that `sealift help` names stands in the part of docs/cli.md that it belongs to', async () => {
  const text = await read('docs/cli.md');
  const options = optionsByVerb();
  const main = await read('src/cli/main.ts');
  const verbs = [...main.matchAll(/^ {2}([a-z]+): async \(\) => \(await import/gmu)].map(
    ([, verb = '']) => verb,
  );
  assert.ok(verbs.length > 8);
  assert.deepEqual([...options.keys()].toSorted(), [...verbs, ''].toSorted());
  assert.ok(options.get('promote')?.includes('--promotion-key'));
  for (const [verb, names] of options) {
    const part = section(text, verb === '' ? 'Options of several verbs' : verb);
    for (const name of names) {
      const isNamed = new RegExp(`(?<![\\w-])${name}(?![\\w-])`, 'u').test(part);
      assert.ok(isNamed, `docs/cli.md, ${verb}: ${name} is missing`);
    }
  }
});

/** Commands of `sealift` in the blocks of code of a document, each on one line: of shells, and of scripts in YAML. */
function commandsOf(text: string): readonly string[] {
  const blocks = [...text.matchAll(/^ *```(?:sh|yaml)\n([\s\S]*?)^ *```$/gmu)].map(([, block = '']) => block);
  const lines = blocks.flatMap((block) =>
    block
      .replaceAll(/\\\n\s*/gu, ' ')
      // What a folded scalar has on lines of its own is one.
      .replaceAll(/>-\n((?: {2,}\S.*\n)+)/gu, (_all, folded: string) => {
        const [first = '', ...rest] = folded.split('\n');
        const indent = /^ */u.exec(first)?.[0].length ?? 0;
        const end = rest.findIndex((line) => (/^ */u.exec(line)?.[0].length ?? 0) < indent);
        const body = rest.slice(0, end).map((line) => line.trim());
        return `${[first.trim(), ...body].join(' ')}\n${rest.slice(end).join('\n')}`;
      })
      .split('\n'),
  );
  return lines.flatMap((line) => {
    const [, command] = /(?:^|[\s(])sealift ([a-z]+\b.*)$/u.exec(line.replace(/(?:^|\s)#.*$/u, '')) ?? [];
    return command === undefined ? [] : [command];
  });
}

test('every option of the commands in README.md and docs/ci.md exists', async () => {
  const options = optionsByVerb();
  let count = 0;
  for (const document of ['README.md', 'docs/ci.md']) {
    for (const command of commandsOf(await read(document))) {
      const [verb = '', ...words] = command.split(/\s+/u);
      const known = options.get(verb);
      assert.ok(known !== undefined, `${document}: there is no verb ${verb}`);
      count += 1;
      for (const word of words) {
        const [, option] = /^(--?[a-z][a-z-]*)/u.exec(word) ?? [];
        if (option === undefined) continue;
        const isKnown = known.includes(option) || options.get('')?.includes(option);
        assert.ok(isKnown, `${document}: sealift ${verb} has no ${option}`);
      }
    }
  }
  assert.ok(count > 30, `${count} commands`);
  const sample = '```yaml\na:\n  - >-\n    sealift push x\n    --one 1\n    --two\nb: sealift check y\n```\n';
  assert.deepEqual(commandsOf(sample), ['push x --one 1 --two', 'check y']);
});

test('troubleshooting in README.md names codes that exist, and words that are said', async () => {
  const [, part = ''] = (await read('README.md')).split('\n### Troubleshooting\n');
  const rows = [...(part.split('\n## ')[0] ?? '').matchAll(/^\| (.+?) \| .+ \|$/gmu)]
    .map(([, first = '']) => first)
    .filter((first) => first.includes('`'));
  assert.ok(rows.length > 10);
  const codes: readonly string[] = await readCodes();
  const folders = await Promise.all(
    ['src', 'action'].map(async (folder) =>
      (await readdir(join(root, folder), { recursive: true }))
        .filter((name) => name.endsWith('.ts'))
        .map((name) => join(folder, name)),
    ),
  );
  const sources = (await Promise.all(folders.flat().map(read))).join('\n').replaceAll('\\`', '`');
  for (const row of rows) {
    // Words that have quotes of their own stand between two spaces.
    for (const [, words = ''] of row.matchAll(/``? ?(.+?) ?``?(?=[:,|]| or|$)/gu)) {
      if (/^[A-Z_]+$/u.test(words)) assert.ok(codes.includes(words), words);
      for (const fragment of words.split(/…|\d+/u).map((each) => each.trim())) {
        assert.ok(fragment.length < 3 || sources.includes(fragment), `nothing says ${fragment}`);
      }
    }
  }
});

test('workflows in README.md have the permissions of its table', async () => {
  const text = await read('README.md');
  const [head, ...rows] = [
    ...text.matchAll(/^\| ((?:action|publish|promote|verify|diff)\b[^|]*(?: \|[^|\n]+){6}) \|$/gmu),
  ].map(([, row = '']) => row.split('|').map((cell) => cell.trim()));
  assert.deepEqual(head?.slice(1), [
    'contents',
    'id-token',
    'packages',
    'pull-requests',
    'statuses',
    'deployments',
  ]);
  const allowed = new Map<string, Set<string>>();
  for (const [name = '', ...cells] of rows) {
    const action = name.split(' ')[0] ?? '';
    const rights = cells.flatMap((cell, index) => {
      const [, right] = /^(read|write)\b/u.exec(cell) ?? [];
      return right === undefined ? [] : [`${head[index + 1]}: ${right}`];
    });
    allowed.set(action, new Set([...(allowed.get(action) ?? []), ...rights]));
  }
  let count = 0;
  for (const [, block = ''] of text.matchAll(/^```yaml\n(name: [\s\S]*?)^```$/gmu)) {
    const actions = [...block.matchAll(/uses: OWNER\/sealift(?:\/action\/([a-z]+))?@/gu)].map(
      ([, action = 'publish']) => action,
    );
    assert.ok(actions.length > 0);
    // To check out, and to download the report of another run.
    const known = new Set(['contents: read', 'actions: read']);
    for (const action of actions) for (const right of allowed.get(action) ?? []) known.add(right);
    const [, permissions = ''] = /^ {4}permissions:\n((?: {6}.+\n)+)/mu.exec(block) ?? [];
    for (const line of permissions.trim().split('\n')) {
      const right = line.replace(/#.*$/u, '').trim();
      assert.ok(known.has(right), `${actions.join()}: ${right}`);
      count += 1;
    }
  }
  assert.ok(count > 3);
});
