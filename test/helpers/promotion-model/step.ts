// One command of a run, printed so that a counterexample reads as a story.
import type fc from 'fast-check';
import type { Model } from './cluster.ts';
import { count, type Session } from './session.ts';

export type Step = fc.AsyncCommand<Model, Session>;

export type StepParts = {
  readonly name: string;
  /** What is printed beside the name. */
  readonly facts?: object;
  /** Whether it makes sense now; a step that makes none is left out. */
  readonly isPossible?: (model: Readonly<Model>) => boolean;
  readonly run: (model: Model, session: Session) => Promise<void>;
};

export function makeStep({ name, facts, isPossible = () => true, run }: StepParts): Step {
  return {
    check: isPossible,
    run: async (model, session) => {
      await run(model, session);
      count(session, `step ${name}`);
    },
    toString: () => (facts === undefined ? name : `${name}${JSON.stringify(facts)}`),
  };
}

/** The one of this number, counted around. */
export function pick<T>(list: readonly T[], number: number): T {
  const found = list[number % list.length];
  if (found === undefined) throw new TypeError('there is none to pick');
  return found;
}

export function hasArtifact({ artifacts }: Readonly<Model>): boolean {
  return artifacts.length > 0;
}
