// Deliveries that wait for a look: first what somebody or something has asked for, then what is only due; and of the
// namespaces that wait, the one with the fewest looks under way.

export type LookQueue = {
  /** @param isAsked whether it goes before what is only due; nothing loses its place by being added again */
  add(key: string, isAsked: boolean): void;
  delete(key: string): void;
  /** Takes the next one out whose namespace has room. */
  take(): string | undefined;
  /** A look is under way; the function tells that it has ended. */
  begin(key: string): () => void;
};

/**
 * @param groupOf the namespace of a key
 * @param groupLimit looks of one namespace at once
 */
export function createLookQueue(groupOf: (key: string) => string, groupLimit: number): LookQueue {
  const asked = new Map<string, Set<string>>();
  const due = new Map<string, Set<string>>();
  const busy = new Map<string, number>();

  function remove(queue: Map<string, Set<string>>, group: string, key: string): void {
    const keys = queue.get(group);
    keys?.delete(key);
    if (keys?.size === 0) queue.delete(group);
  }

  function takeFrom(queue: Map<string, Set<string>>): string | undefined {
    let chosen: { readonly group: string; readonly count: number } | undefined;
    for (const group of queue.keys()) {
      const count = busy.get(group) ?? 0;
      if (count < groupLimit && (chosen === undefined || count < chosen.count)) chosen = { group, count };
    }
    if (chosen === undefined) return undefined;
    const [key] = queue.get(chosen.group) ?? [];
    if (key !== undefined) remove(queue, chosen.group, key);
    return key;
  }

  return {
    add: (key, isAsked) => {
      const group = groupOf(key);
      if (isAsked) remove(due, group, key);
      else if (asked.get(group)?.has(key) === true) return;
      const queue = isAsked ? asked : due;
      const keys = queue.get(group) ?? new Set();
      queue.set(group, keys.add(key));
    },
    delete: (key) => {
      for (const queue of [asked, due]) remove(queue, groupOf(key), key);
    },
    take: () => takeFrom(asked) ?? takeFrom(due),
    begin: (key) => {
      const group = groupOf(key);
      busy.set(group, (busy.get(group) ?? 0) + 1);
      return () => {
        const left = (busy.get(group) ?? 1) - 1;
        if (left > 0) busy.set(group, left);
        else busy.delete(group);
      };
    },
  };
}
