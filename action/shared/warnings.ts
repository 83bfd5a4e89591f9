// Warnings as annotations: the runner shows ten of a step and drops the rest without a word, so that nine are shown, the
// others stand in the log, and at the end the tenth says how many those are.

/** What a warning is about, in a few words. */
export type Warn = (message: string, title?: string) => void;

export type Warnings = {
  readonly warn: Warn;
  /** Says how many more there were; nothing may be warned of after it. */
  end(): void;
};

/** Annotations of one kind that a step shows. */
export const annotationsOfStep = 10;

/** @param show annotates; @param log prints a line that is no annotation */
export function createWarnings(show: Warn, log: (line: string) => void): Warnings {
  const held: (readonly [message: string, title: string | undefined])[] = [];
  let shown = 0;
  return {
    warn: (message, title) => {
      if (shown < annotationsOfStep - 1) {
        shown += 1;
        show(message, title);
        return;
      }
      held.push([message, title]);
      log(`warning: ${title === undefined ? '' : `${title}: `}${message}`);
    },
    end: () => {
      const [last, ...more] = held;
      if (last === undefined) return;
      if (more.length === 0) show(...last);
      else show(`${held.length} more warnings are in the log of this step`, 'More warnings');
    },
  };
}
