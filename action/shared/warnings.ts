// Warnings as annotations: the runner shows ten of a step and drops the rest without a word, so that nine are shown, the
// others stand in the log, and at the end the tenth says how many those are.

import type { AnnotationPlace } from './host.ts';

/** Tells a warning, at a place of a file where there is one. */
export type Warn = (message: string, place?: AnnotationPlace) => void;

export type Warnings = {
  readonly warn: Warn;
  /** Says how many more there were; nothing may be warned of after it. */
  end(): void;
};

/** Annotations of one kind that a step shows. */
export const annotationsOfStep = 10;

/** @param show annotates; @param log prints a line that is no annotation */
export function createWarnings(show: Warn, log: (line: string) => void): Warnings {
  const held: (readonly [message: string, place: AnnotationPlace | undefined])[] = [];
  let shown = 0;
  return {
    warn: (message, place) => {
      if (shown < annotationsOfStep - 1) {
        shown += 1;
        show(message, place);
        return;
      }
      held.push([message, place]);
      log(`warning: ${place === undefined ? '' : `${place.title}: `}${message}`);
    },
    end: () => {
      const [last, ...more] = held;
      if (last === undefined) return;
      if (more.length === 0) show(...last);
      else show(`${held.length} more warnings are in the log of this step`, { title: 'More warnings' });
    },
  };
}
