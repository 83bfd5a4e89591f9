// Cycles of a graph: which of its nodes wait for themselves, and by which path.

/** Nodes of a tangle that each get a path of their own; in a larger one all are shown the same. */
const ownPaths = 64;

/**
 * The nodes that lie on a cycle, each with a path that begins and ends with the same node.
 * @param edges what each node waits for; nodes that are not keys wait for nothing
 */
export function findCycles(
  edges: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, readonly string[]> {
  const paths = new Map<string, readonly string[]>();
  for (const members of components(edges)) {
    const [first] = members;
    if (first === undefined) continue;
    const isCycle = members.length > 1 || edges.get(first)?.includes(first) === true;
    if (!isCycle) continue;
    const inside = new Set(members);
    const shared = shortestCycle(first, inside, edges);
    for (const member of members) {
      paths.set(member, members.length > ownPaths ? shared : shortestCycle(member, inside, edges));
    }
  }
  return paths;
}

type Visit = { readonly node: string; next: number };

/** Strongly connected components by Tarjan's algorithm, without recursion: chains may be long. */
function components(edges: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const found: string[][] = [];
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const isOpen = new Set<string>();
  const lower = (node: string, value: number): void => {
    low.set(node, Math.min(low.get(node) ?? value, value));
  };
  const enter = (node: string): Visit => {
    order.set(node, order.size);
    low.set(node, order.size - 1);
    open.push(node);
    isOpen.add(node);
    return { node, next: 0 };
  };
  const leave = (node: string): void => {
    if (low.get(node) !== order.get(node)) return;
    const members = open.splice(open.lastIndexOf(node));
    for (const member of members) isOpen.delete(member);
    found.push(members);
  };
  for (const root of edges.keys()) {
    if (order.has(root)) continue;
    const visits = [enter(root)];
    for (let visit = visits.at(-1); visit !== undefined; visit = visits.at(-1)) {
      const target = edges.get(visit.node)?.[visit.next];
      visit.next += 1;
      if (target === undefined) {
        visits.pop();
        leave(visit.node);
        const parent = visits.at(-1);
        if (parent !== undefined) lower(parent.node, low.get(visit.node) ?? 0);
      } else if (!order.has(target)) visits.push(enter(target));
      else if (isOpen.has(target)) lower(visit.node, order.get(target) ?? 0);
    }
  }
  return found;
}

function shortestCycle(
  start: string,
  inside: ReadonlySet<string>,
  edges: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const from = new Map<string, string>();
  const queue = [start];
  for (const node of queue) {
    for (const target of edges.get(node) ?? []) {
      if (target === start) return pathTo(node, start, from);
      if (!inside.has(target) || from.has(target)) continue;
      from.set(target, node);
      queue.push(target);
    }
  }
  return [start];
}

function pathTo(last: string, start: string, from: ReadonlyMap<string, string>): readonly string[] {
  const path = [start];
  for (let node = last; node !== start; node = from.get(node) ?? start) path.unshift(node);
  return [start, ...path];
}
