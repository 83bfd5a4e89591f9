// Text in CEL: cel-go's string functions, and Kubernetes' `find` and `findAll`; each pays for the text that it reads and
// the most that it may make. https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-regex-library
import {
  celFunc,
  celList,
  celMethod,
  CelScalar,
  isCelError,
  isCelList,
  type CelFunc,
  type CelInput,
  type CelValue,
} from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import { findTexts, stepsOf } from '../captures.ts';
import { charactersPerStep, spendWalk, stepsOfText, type Meter, type Patterns } from '../meter.ts';

const { DYN, INT, STRING } = CelScalar;

/** Functions of the library that are called with all operands, after these were paid for. */
function metered(one: CelFunc, meter: Meter): CelFunc {
  const call = (target: CelValue | undefined, args: CelValue[]): CelInput => {
    spendText(one.name, target === undefined ? args : [target, ...args], meter);
    const result = one.call(0, target, args);
    if (result === undefined || isCelError(result)) throw result ?? new Error(`${one.name} has no result`);
    return result;
  };
  if (one.target === undefined)
    return celFunc(one.name, one.arguments, one.result, (...args: CelValue[]) => call(undefined, args));
  return celMethod(
    one.name,
    one.target,
    one.arguments,
    one.result,
    function callMethod(this: CelValue, ...args: CelValue[]) {
      return call(this, args);
    },
  );
}

function spendText(name: string, operands: readonly CelValue[], meter: Meter): void {
  for (const one of operands) {
    if (isCelList(one)) spendWalk(one, meter);
    else meter.spend(1 + stepsOfText(one));
  }
  const [target, first, second] = operands;
  // What it may become: the new text at each place of the old one, and the separator between any two items.
  if (name === 'replace' && typeof target === 'string' && typeof second === 'string')
    meter.spend(Math.ceil(((target.length + 1) * (second.length + 1)) / charactersPerStep));
  if (name === 'join' && isCelList(target) && typeof first === 'string')
    meter.spend(Math.ceil((target.size * first.length) / charactersPerStep));
}

export function textFunctions(meter: Meter, patterns: Patterns): readonly CelFunc[] {
  const find = (text: string, pattern: string, count: number): readonly string[] => {
    const known = patterns.get(pattern);
    if (known === undefined) throw new Error('find takes patterns that are written out');
    const found: string[] = [];
    const steps = (1 + text.length) * stepsOf(known.regexp);
    // A search goes on to the end of the text at worst, and the next begins anew.
    meter.spend(steps);
    for (const one of findTexts(known.regexp, text)) {
      if (found.length >= count) break;
      found.push(one);
      meter.spend(steps);
    }
    return found;
  };
  return [
    ...strings.map((one) => metered(one, meter)),
    celMethod('find', STRING, [STRING], STRING, function callMethod(this: string, pattern) {
      return find(this, pattern, 1)[0] ?? '';
    }),
    celMethod('findAll', STRING, [STRING], DYN, function callMethod(this: string, pattern) {
      return celList(find(this, pattern, Infinity));
    }),
    celMethod('findAll', STRING, [STRING, INT], DYN, function callMethod(this: string, pattern, count) {
      return celList(find(this, pattern, count < 0n ? Infinity : Number(count)));
    }),
  ];
}
