// What a command sees of the process it runs in, given by main.ts; tests give their own.

export type World = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Data: what scripts read. */
  readonly stdout: (text: string) => void;
  /** Words: what people read. */
  readonly stderr: (text: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly random: () => number;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
};
