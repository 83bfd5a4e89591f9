// What a command sees of the process it runs in, given by main.ts; tests give their own.

export type Stdin = {
  readonly isTerminal: boolean;
  /** All of it, as text. */
  read(maxBytes: number): Promise<string>;
  /** A line that a person types and nobody sees. */
  askSecret(question: string): Promise<string>;
};

/** One line at the bottom of a terminal that is drawn again and again. */
export type Terminal = {
  columns(): number;
  /** Replaces the line; an empty one takes it away. */
  draw(line: string): void;
};

export type World = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Data: what scripts read. Control characters of text are replaced; bytes come out of a pipe as they are. */
  readonly stdout: (data: string | Uint8Array) => void;
  /** Words: what people read. */
  readonly stderr: (text: string) => void;
  /** Where stderr is one; absent in pipes. */
  readonly terminal?: Terminal;
  /** Keys and tokens may come from it, and a person's password. */
  readonly stdin: Stdin;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly random: () => number;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
};
