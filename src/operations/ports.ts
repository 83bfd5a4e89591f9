// What operations need of the world, given by whoever calls them.

export type Ports = {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** One line for people about what is being done. */
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
};

/** Time as OCI annotations and statements have it: RFC 3339 in UTC, whole seconds. */
export function formatTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
