// One step of an examination: what was found, how long it took, and whether what depends on it makes sense at all.
import { errorMessageOf, isSealiftError, type ErrorCode } from '../../errors.ts';

export type StepName =
  | 'reference'
  | 'proxy'
  | 'name'
  | 'connection'
  | 'TLS'
  | 'registry'
  | 'credentials'
  | 'log-in'
  | 'manifest'
  | 'referrers'
  | 'tags'
  | 'blobs';

export type StepDetails = Readonly<Record<string, string | number | boolean>>;

/** All of it may be shown to anybody. */
export type Step = {
  readonly name: StepName;
  readonly outcome: 'ok' | 'failed' | 'skipped';
  readonly words: string;
  readonly details: StepDetails;
  readonly durationMs: number;
  /** Of a failure. */
  readonly code?: ErrorCode;
  readonly hint?: string;
};

/** What a step has found; one that has nothing to look for says so. */
export type Finding = {
  readonly words: string;
  readonly outcome?: 'ok' | 'skipped';
  readonly details?: StepDetails;
  readonly hint?: string;
};

export type Examiner = {
  /** Takes a step, unless one that it needs has failed. What it finds is never thrown; an abort is. */
  take(name: StepName, needs: readonly StepName[], look: () => Promise<Finding>): Promise<void>;
  readonly steps: readonly Step[];
};

export type ExaminerOptions = {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((step: Step) => void) | undefined;
};

export function createExaminer({ now, signal, onStep }: ExaminerOptions): Examiner {
  const steps: Step[] = [];
  /** The step that is in the way of all that needs these. */
  const blocked = new Map<StepName, StepName>();
  const add = (step: Step): void => {
    steps.push(step);
    onStep?.(step);
  };
  return {
    steps,
    take: async (name, needs, look) => {
      signal?.throwIfAborted();
      const blocker = needs.map((need) => blocked.get(need)).find((step) => step !== undefined);
      if (blocker !== undefined) {
        blocked.set(name, blocker);
        add({
          name,
          outcome: 'skipped',
          words: `not looked at: ${blocker} failed`,
          details: {},
          durationMs: 0,
        });
        return;
      }
      const startMs = now();
      const taken = (): Pick<Step, 'name' | 'durationMs'> => ({
        name,
        durationMs: Math.round(now() - startMs),
      });
      try {
        const { words, outcome = 'ok', details = {}, hint } = await look();
        const said = { words: errorMessageOf(words), details: printable(details) };
        add({ ...taken(), outcome, ...said, ...(hint === undefined ? {} : { hint }) });
      } catch (error) {
        if (signal?.aborted === true) throw error;
        blocked.set(name, name);
        add({ ...taken(), outcome: 'failed', ...failureOf(error) });
      }
    },
  };
}

/** Registries may say what steers a terminal. */
function printable(details: StepDetails): StepDetails {
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => [
      name,
      typeof value === 'string' ? errorMessageOf(value) : value,
    ]),
  );
}

/** @throws what is no error of ours: it is a defect, and not found in the registry */
function failureOf(error: unknown): Pick<Step, 'words' | 'details' | 'code' | 'hint'> {
  if (!isSealiftError(error)) throw error;
  const { message, code, details, hint, cause } = error;
  const says = cause instanceof Error && cause.message.startsWith('registry says: ') ? cause.message : '';
  return {
    words: errorMessageOf(message),
    code,
    details: printable({
      ...details,
      ...(says === '' ? {} : { says: says.slice('registry says: '.length) }),
    }),
    ...(hint === undefined ? {} : { hint }),
  };
}
