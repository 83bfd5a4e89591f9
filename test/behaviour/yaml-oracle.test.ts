// Files are read as kubectl reads them: the same documents with the same values, or refused. What is refused though
// kubectl takes it is listed, reason by reason. Asked are kubectl's own libraries, in a program of ours.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import fc from 'fast-check';
import { readDocuments } from '../../src/resources/documents.ts';
import { mistakes, refusals, traps } from '../helpers/yaml-cases.ts';
import { grammars } from '../helpers/yaml-grammar.ts';
import {
  canonicalJson,
  startYamlOracle,
  type OracleAnswer,
  type YamlOracle,
} from '../helpers/yaml-oracle.ts';

const filesOfGrammar = 2500;
let oracle: YamlOracle;

before(async () => {
  oracle = await startYamlOracle();
});
after(() => oracle.stop());

type Reading = { readonly documents: readonly string[]; readonly refusal: string | undefined };

function read(file: string | Uint8Array): Reading {
  const { documents, problems } = readDocuments('f', Buffer.from(file));
  return { documents: documents.map(({ value }) => canonicalJson(value)), refusal: problems[0]?.message };
}

/** What differs: what is accepted must be what kubectl reads, and what is refused must be refused by it or listed. */
function difference({ documents, refusal }: Reading, answer: OracleAnswer): string | undefined {
  if (refusal === undefined) {
    if (answer.error !== undefined) return `kubectl refuses it: ${answer.error}`;
    return areEqual(documents, answer.documents)
      ? undefined
      : `${documents.join()} is ${answer.documents.join()}`;
  }
  // Documents that are no maps are never objects.
  const isAccepted =
    answer.error === undefined && answer.documents.some((document) => document.startsWith('{'));
  const isListed = mistakes.test(refusal) || refusals.some(([reason]) => reason.test(refusal));
  return isAccepted && !isListed ? `no listed reason: ${refusal}` : undefined;
}

/** A document that is a scalar or a list is refused later, as no object, whatever it was read as. */
function areEqual(ours: readonly string[], theirs: readonly string[]): boolean {
  if (ours.some((document) => !document.startsWith('{'))) return true;
  return ours.length === theirs.length && ours.every((document, index) => document === theirs[index]);
}

async function compare(files: readonly (string | Uint8Array)[]): Promise<number> {
  const answers = await oracle.ask(files);
  let accepted = 0;
  const differences = files.flatMap((file, index) => {
    const answer = answers[index];
    assert.ok(answer);
    const reading = read(file);
    if (reading.refusal === undefined && reading.documents.length > 0) accepted += 1;
    const found = difference(reading, answer);
    return found === undefined ? [] : [`${JSON.stringify(String(file))}: ${found}`];
  });
  assert.deepEqual(differences, []);
  return accepted;
}

suite('files are read as kubectl reads them', () => {
  test('traps', async () => {
    assert.ok((await compare(traps)) > 100);
  });

  test('the files of this repository', async () => {
    const root = join(import.meta.dirname, '../..');
    const paths = await Array.fromAsync(
      glob('**/*.{yaml,yml,json}', { cwd: root, exclude: ['node_modules', 'dist'] }),
    );
    const files = await Promise.all(paths.map((path) => readFile(join(root, path))));
    assert.ok((await compare(files)) > 30);
  });

  for (const [name, grammar] of Object.entries(grammars)) {
    test(`generated: ${name}`, async () => {
      const accepted = await compare(fc.sample(grammar, { seed: 1, numRuns: filesOfGrammar }));
      assert.ok(accepted > filesOfGrammar / 50, `${accepted} accepted`);
    });
  }
});

suite('what is refused though kubectl takes it', () => {
  for (const [reason, file] of refusals) {
    test(JSON.stringify(file), async () => {
      const [answer] = await oracle.ask([file]);
      assert.equal(answer?.error, undefined);
      const { refusal } = read(file);
      assert.match(refusal ?? 'nothing is refused', reason);
    });
  }
});

suite('what the strict reader refuses though kubectl takes it', () => {
  test('is refused, but for a key that stands behind the merge that brings it', async () => {
    const files = [...traps, ...refusals.map(([, file]) => file)];
    const answers = await oracle.ask(files);
    const accepted = files.filter((file, index) => {
      const { error, strict } = answers[index] ?? {};
      return error === undefined && strict !== undefined && read(file).refusal === undefined;
    });
    assert.ok(accepted.length > 0);
    for (const file of accepted) assert.match(file, /<<: /u);
  });
});
