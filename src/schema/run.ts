// The check of one object: what it has found, and what it may cost of the budget that all objects share.
import { resourceLimits, schemaLimits } from '../limits.ts';
import type { SchemaNode, SchemaProblem } from './node.ts';

/** A check beyond what all of them may cost. */
export class CheckLimitError extends Error {}

/** Steps that are left. */
export type Budget = { left: number };

/** Where a value stands; paths are made only of what is wrong. */
export type Place = { readonly parent: Place; readonly step: string } | undefined;

export type Spot = {
  readonly value: unknown;
  readonly node: SchemaNode;
  readonly place: Place;
  /** The schema whose defaults are filled in before alternatives (`anyOf`) are tried. */
  readonly base?: SchemaNode;
};

export type Run = {
  readonly isBuiltIn: boolean;
  /** Built-in definitions by name. */
  readonly definitions: Readonly<Record<string, SchemaNode>>;
  readonly problems: SchemaProblem[];
  /** Alternatives say nothing of which fields there are. */
  readonly isAlternative: boolean;
  readonly budget: Budget;
};

/** What objects and schemas may cost together. */
export function createBudget(): Budget {
  return { left: schemaLimits.steps };
}

/** @throws CheckLimitError */
export function spend(budget: Budget, steps: number): void {
  budget.left -= steps;
  if (budget.left < 0) {
    throw new CheckLimitError(`objects and schemas take more than ${schemaLimits.steps} steps`);
  }
}

/** Whether nothing more is reported. */
export function isFull(run: Run): boolean {
  return run.problems.length >= resourceLimits.problems;
}

export function report(run: Run, place: Place, problem: Omit<SchemaProblem, 'path'>): void {
  if (!isFull(run)) run.problems.push({ ...problem, path: pathOf(place) });
}

export function pathOf(place: Place): readonly string[] {
  const path: string[] = [];
  for (let here = place; here !== undefined; here = here.parent) path.push(here.step);
  return path.toReversed();
}
