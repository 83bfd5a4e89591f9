// Whether the rules of a schema hold of an object. A rule that this evaluator can not judge is told once, and is no
// problem: the API server may take what it says nothing of here.
import { createRuleCompiler, type Rule, type RuleOutcome, type RuleValue } from '../expressions/rule.ts';
import { ExpressionError } from '../expressions/program.ts';
import { resourceLimits, schemaLimits } from '../limits.ts';
import { isMap, type KindSchema, type SchemaNode, type SchemaProblem, type SchemaRule } from './node.ts';
import { memberOf, toRuleValue, withDefaults } from './rule-values.ts';
import { pathOf, spend, type Budget, type Place } from './run.ts';

/** A rule that was not checked, and why. */
export type UncheckedRule = { readonly rule: SchemaRule; readonly reason: string };

export type RuleProblems = {
  readonly problems: readonly SchemaProblem[];
  readonly unchecked: readonly UncheckedRule[];
};

/** What checks the rules of objects, one after another. */
export type RuleChecker = (object: unknown, schema: KindSchema) => RuleProblems;

type Run = {
  readonly budget: Budget;
  readonly compile: (text: string) => Rule;
  /** Rules that were compiled, and reasons why others were not. */
  readonly compiled: Map<string, Rule | string>;
  readonly problems: SchemaProblem[];
  /** Reasons by rule. */
  readonly unchecked: Map<SchemaRule, string>;
};

/** Both a value and what it is to a rule. */
type Spot = { readonly value: unknown; readonly node: SchemaNode; readonly place: Place };

/**
 * The checker throws CheckLimitError.
 * @param budget that is shared with all else that is checked
 */
export function createRuleChecker(budget: Budget): RuleChecker {
  const compiled = new Map<string, Rule | string>();
  let compile: Run['compile'] | undefined;
  return (object, { root, isBuiltIn, hasStatusSubresource }) => {
    if (isBuiltIn || !hasRules(root) || !isMap(object)) return { problems: [], unchecked: [] };
    compile ??= createRuleCompiler(schemaLimits.ruleSteps);
    const run: Run = { budget, compile, compiled, problems: [], unchecked: new Map() };
    const node = { ...root, isEmbedded: true };
    const { status, ...rest } = object;
    const stored = hasStatusSubresource || status === undefined ? rest : object;
    checkSpot(run, { value: withDefaults(stored, node, budget), node, place: undefined });
    const unchecked = [...run.unchecked].map(([rule, reason]) => ({ rule, reason }));
    return { problems: run.problems, unchecked };
  };
}

const known = new WeakMap<SchemaNode, boolean>();

/** Whether there is any rule in a schema. */
function hasRules(node: SchemaNode): boolean {
  const found = known.get(node);
  if (found !== undefined) return found;
  const { rules, properties, items, additionalProperties, allOf } = node;
  const inner = [
    ...Object.values(properties ?? {}),
    ...(items === undefined ? [] : [items]),
    ...(additionalProperties === undefined || additionalProperties === true ? [] : [additionalProperties]),
    ...(allOf ?? []),
  ];
  const has = rules !== undefined || inner.some(hasRules);
  known.set(node, has);
  return has;
}

function checkSpot(run: Run, spot: Spot): void {
  const { value, node, place } = spot;
  spend(run.budget, 1);
  if (value === null || value === undefined) return;
  let self: RuleValue | undefined;
  // Once for all rules of the value.
  const read = (): RuleValue | undefined => (self ??= toRuleValue(value, node, run.budget));
  checkRulesOf(run, { place, read }, node);
  if (Array.isArray(value)) {
    const { items } = node;
    if (items === undefined || !hasRules(items)) return;
    for (const [index, one] of value.entries()) {
      checkSpot(run, { value: one, node: items, place: { parent: place, step: `${index}` } });
    }
  } else if (isMap(value)) {
    for (const [key, one] of Object.entries(value)) {
      const child = memberOf(node, key);
      if (child === undefined || !hasRules(child)) continue;
      checkSpot(run, { value: one, node: child, place: { parent: place, step: key } });
    }
  }
}

/** The rules of a value's schema, and of what must hold beside it; the type is the schema's own. */
function checkRulesOf(run: Run, of: Judged, { rules, allOf }: SchemaNode): void {
  const self = rules === undefined ? undefined : of.read();
  if (self !== undefined) for (const rule of rules ?? []) checkRule(run, { place: of.place, self, rule });
  for (const node of allOf ?? []) checkRulesOf(run, of, node);
}

type Judged = { readonly place: Place; readonly read: () => RuleValue | undefined };
type Asked = { readonly place: Place; readonly self: RuleValue; readonly rule: SchemaRule };

function checkRule(run: Run, { self, rule, place }: Asked): void {
  if (run.problems.length >= resourceLimits.problems) return;
  const outcome = evaluate(run, rule.text, self);
  if (outcome.outcome === 'unchecked') {
    run.unchecked.set(rule, outcome.reason);
    return;
  }
  if (outcome.outcome === 'value' && outcome.value === true) return;
  if (outcome.outcome === 'value' && outcome.value !== false) {
    run.unchecked.set(rule, 'its result is no boolean');
    return;
  }
  const failed = outcome.outcome === 'failed';
  run.problems.push({
    code: 'FIELD_INVALID',
    path: [...pathOf(place), ...rule.fieldPath],
    expected: failed ? 'a value that its rule can be evaluated of' : messageOf(run, rule, self),
    found: 'a value that breaks a rule',
    rule: shorten(rule.text),
  });
}

function messageOf(run: Run, { text, message, messageExpression }: SchemaRule, self: RuleValue): string {
  if (messageExpression !== undefined) {
    const outcome = evaluate(run, messageExpression, self);
    const said = outcome.outcome === 'value' ? outcome.value : undefined;
    if (typeof said === 'string' && said.trim() !== '' && !said.includes('\n')) return shorten(said);
  }
  return shorten(message ?? `failed rule: ${text}`);
}

function evaluate(run: Run, text: string, self: RuleValue): RuleOutcome {
  const rule = compileOnce(run, text);
  if (typeof rule === 'string') return { outcome: 'unchecked', reason: rule };
  const { steps, ...outcome } = rule.evaluate(self);
  spend(run.budget, steps);
  return outcome;
}

function compileOnce({ compiled, compile, budget }: Run, text: string): Rule | string {
  const found = compiled.get(text);
  if (found !== undefined) return found;
  spend(budget, schemaLimits.ruleCompiling + text.length * schemaLimits.ruleCharacter);
  let made: Rule | string;
  try {
    made = compile(text);
  } catch (cause) {
    if (!(cause instanceof ExpressionError)) throw cause;
    made = cause.message;
  }
  compiled.set(text, made);
  return made;
}

/** On one line, and not too long; what a CRD says is its author's. */
function shorten(text: string): string {
  const line = text.trim().replaceAll(/\s+/gu, ' ');
  return line.length > schemaLimits.ruleMessage ? `${line.slice(0, schemaLimits.ruleMessage)}…` : line;
}
