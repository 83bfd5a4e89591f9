// Tells a waiting person what goes on: one updated line on a terminal, one plain line every half minute in a pipe.

export type Log = (line: string) => void;

export type ProgressOptions = {
  /** Takes plain lines; without it they go to stderr. */
  readonly log?: Log | undefined;
};

export type Progress = {
  /** Replaces what is shown. */
  update(text: string): void;
  /** Ends with a last line, or silently. */
  end(text?: string): void;
};

const terminalIntervalMs = 1000;
const pipeIntervalMs = 30_000;

/** Shows `text` at once and then, with the seconds that went by, until it is ended. */
export function startProgress(text: string, options: ProgressOptions): Progress {
  const { log } = options;
  const isTerminal = log === undefined && process.stderr.isTTY;
  const print = log ?? ((line: string) => process.stderr.write(`${line}\n`));
  const show = (line: string): void => {
    // A wrapped line could not be replaced.
    if (isTerminal) process.stderr.write(`\r\u001b[2K${line.slice(0, (process.stderr.columns || 80) - 1)}`);
    else print(line);
  };
  const startedAt = performance.now();
  let current = text;
  show(current);
  const tick = (): void => show(`${current} … ${formatSeconds(performance.now() - startedAt)}`);
  const timer = setInterval(tick, isTerminal ? terminalIntervalMs : pipeIntervalMs);
  return {
    update(next) {
      if (next === current) return;
      current = next;
      show(current);
    },
    end(last) {
      clearInterval(timer);
      if (isTerminal) process.stderr.write('\r\u001b[2K');
      if (last !== undefined) print(`${last} (${formatSeconds(performance.now() - startedAt)})`);
    },
  };
}

function formatSeconds(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
