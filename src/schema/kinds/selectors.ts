// Selectors of labels, and that a workload's selector fits its own pods.
import { isMap } from '../node.ts';
import { below, checkOneOf, itemsOf, sizeOf, textOf, type Field } from './fields.ts';
import { checkLabels } from './metadata.ts';

const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

/** A selector as workloads, policies and budgets have it. */
export function checkSelector(selector: Field): void {
  checkLabels(below(selector, 'matchLabels'));
  for (const expression of itemsOf(below(selector, 'matchExpressions'))) {
    const operator = below(expression, 'operator');
    const values = below(expression, 'values');
    checkOneOf(operator, operators);
    const wantsValues = textOf(operator).endsWith('In');
    if (wantsValues && sizeOf(values) === 0) values.refuse('values for In or NotIn', 'nothing');
    if (/Exist/u.test(textOf(operator)) && sizeOf(values) > 0)
      values.refuse('no values for Exists or DoesNotExist');
  }
}

/** The selector of a workload: not empty, and one that its template's labels meet. */
export function checkOwnSelector(spec: Field): void {
  const selector = below(spec, 'selector');
  const labels = below(spec, 'template', 'metadata', 'labels');
  checkSelector(selector);
  const isEmpty =
    sizeOf(below(selector, 'matchLabels')) === 0 && sizeOf(below(selector, 'matchExpressions')) === 0;
  if (isEmpty) selector.refuse('a selector that is not empty', 'an empty one');
  else if (!meets(labels.value, selector)) labels.refuse('labels that spec.selector matches', 'others');
}

function meets(labels: unknown, selector: Field): boolean {
  const has = new Map<string, unknown>(isMap(labels) ? Object.entries(labels) : []);
  const wanted = below(selector, 'matchLabels').value;
  const expressions = itemsOf(below(selector, 'matchExpressions'));
  return (
    Object.entries(isMap(wanted) ? wanted : {}).every(([key, value]) => has.get(key) === value) &&
    expressions.every((expression) => meetsExpression(has, expression))
  );
}

function meetsExpression(labels: ReadonlyMap<string, unknown>, expression: Field): boolean {
  const key = textOf(below(expression, 'key'));
  const values = new Set(itemsOf(below(expression, 'values')).map(({ value }) => value));
  switch (textOf(below(expression, 'operator'))) {
    case 'In':
      return labels.has(key) && values.has(labels.get(key));
    case 'NotIn':
      return !labels.has(key) || !values.has(labels.get(key));
    case 'Exists':
      return labels.has(key);
    case 'DoesNotExist':
      return !labels.has(key);
    default:
      return true; // told already
  }
}
