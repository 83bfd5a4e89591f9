// Cycles among dependencies: every member is found, with a way that leads back to it, and nobody else.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { findCycles } from '../../../../puller/reconcile/dependency-graph.ts';

type Graph = Readonly<Record<string, readonly string[]>>;

function cyclesOf(graph: Graph): Readonly<Record<string, string>> {
  const found = findCycles(new Map(Object.entries(graph)));
  return Object.fromEntries([...found].map(([node, path]) => [node, path.join(' ')]));
}

suite('cycles', () => {
  const table: readonly (readonly [string, Graph, Readonly<Record<string, string>>])[] = [
    ['are none in nothing', {}, {}],
    ['are none in a chain', { a: ['b'], b: ['c'], c: [] }, {}],
    ['are none in a diamond', { a: ['b', 'c'], b: ['d'], c: ['d'], d: [] }, {}],
    ['are none where a target is unknown', { a: ['x'] }, {}],
    ['of one', { a: ['a'], b: ['a'] }, { a: 'a a' }],
    ['of two, without who waits for them', { a: ['b'], b: ['a'], c: ['a'] }, { a: 'a b a', b: 'b a b' }],
    ['of three', { a: ['b'], b: ['c'], c: ['a'] }, { a: 'a b c a', b: 'b c a b', c: 'c a b c' }],
    ['that share a node', { a: ['b', 'c'], b: ['a'], c: ['a'] }, { a: 'a b a', b: 'b a b', c: 'c a c' }],
  ];
  for (const [name, graph, expected] of table) test(name, () => assert.deepEqual(cyclesOf(graph), expected));

  test('of a long chain are found without exhausting the stack', () => {
    const size = 20_000;
    const edges = new Map(
      Array.from({ length: size }, (_, index) => [`${index}`, [`${(index + 1) % size}`]] as const),
    );
    assert.equal(findCycles(edges).size, size);
  });

  test('are those that walking along the edges finds', () => {
    const node = fc.integer({ min: 0, max: 7 }).map(String);
    const graphs = fc.dictionary(node, fc.uniqueArray(node, { maxLength: 3 }), { maxKeys: 8 });
    fc.assert(
      fc.property(graphs, (graph) => {
        const edges = new Map(Object.entries(graph));
        const reaches = (from: string): boolean => {
          const seen = new Set<string>();
          const open = [...(edges.get(from) ?? [])];
          for (const next of open) {
            if (next === from) return true;
            if (seen.has(next)) continue;
            seen.add(next);
            open.push(...(edges.get(next) ?? []));
          }
          return false;
        };
        const found = findCycles(edges);
        for (const name of edges.keys()) assert.equal(found.has(name), reaches(name), name);
        for (const [name, path] of found) {
          assert.deepEqual([path[0], path.at(-1)], [name, name]);
          path.slice(1).forEach((to, index) => assert.ok(edges.get(path[index] ?? '')?.includes(to)));
        }
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});
