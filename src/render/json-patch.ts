// JSON Patch (RFC 6902) over plain values. The value that is given stays as it is.
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { InputError } from '../errors.ts';
import { patchLimits, resourceLimits } from '../limits.ts';
import type { Value } from '../resources/values.ts';
import { isList, isMap, memberOf, withMember, withoutMember } from './edit.ts';
import { parsePointer } from './ignore.ts';

const pointerSchema = z
  .string()
  .regex(/^(\/([^~/]|~[01])*)*$/u)
  .refine((pointer) => pointer.split('/').length <= resourceLimits.depth, 'leads too deep');
const valueSchema = z.custom<Value>((value) => value !== undefined);

const operationSchema = z.discriminatedUnion('op', [
  z.object({ op: z.literal('add'), path: pointerSchema, value: valueSchema }),
  z.object({ op: z.literal('replace'), path: pointerSchema, value: valueSchema }),
  z.object({ op: z.literal('test'), path: pointerSchema, value: valueSchema }),
  z.object({ op: z.literal('remove'), path: pointerSchema }),
  z.object({ op: z.literal('move'), path: pointerSchema, from: pointerSchema }),
  z.object({ op: z.literal('copy'), path: pointerSchema, from: pointerSchema }),
]);

export type JsonPatch = readonly z.infer<typeof operationSchema>[];

/** @throws InputError `INPUT_INVALID` for what is no list of operations */
export function parseJsonPatch(value: Value, where: string): JsonPatch {
  const { data, error } = z.array(operationSchema).max(patchLimits.operations).safeParse(value);
  if (data !== undefined) return data;
  const [issue] = error.issues;
  const at = issue?.path.map(String).join('.') ?? '';
  throw new InputError('INPUT_INVALID', `${where}: ${at}: ${issue?.message ?? 'is no JSON patch'}`);
}

/**
 * All operations, one after the other.
 * @throws InputError `INPUT_INVALID` for the first that can't be done, or whose test fails
 */
export function applyJsonPatch(value: Value, patch: JsonPatch, where: string): Value {
  const budget: Budget = { left: patchLimits.copiedBytes };
  return patch.reduce<Value>((before, operation, index) => {
    try {
      return applyOperation(before, operation, budget);
    } catch (error) {
      if (!(error instanceof PathError)) throw error;
      const { op, path } = operation;
      throw new InputError('INPUT_INVALID', `${where}: operation ${index} (${op} ${path}) ${error.message}`);
    }
  }, value);
}

/** What copies may still add. */
type Budget = { left: number };

/** Why an operation can't be done. */
class PathError extends Error {}

function applyOperation(value: Value, operation: JsonPatch[number], budget: Budget): Value {
  const path = membersOf(operation.path);
  if (operation.op === 'remove') return change(value, path, removed);
  if (operation.op === 'add') return change(value, path, added(operation.value));
  if (operation.op === 'replace') return change(value, path, replaced(operation.value));
  if (operation.op === 'test') {
    if (isDeepStrictEqual(find(value, path), operation.value)) return value;
    throw new PathError('fails: there is another value');
  }
  const from = membersOf(operation.from);
  const moved = find(value, from);
  if (operation.op === 'copy') {
    spend(budget, moved);
    return change(value, path, added(moved));
  }
  if (operation.path.startsWith(`${operation.from}/`)) throw new PathError('moves a value into itself');
  return change(change(value, from, removed), path, added(moved));
}

/** Copies share what they copy: only their text would show that it has become too much ("billion laughs"). */
function spend(budget: Budget, copied: Value): void {
  const open: Value[] = [copied];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    budget.left -= typeof one === 'string' ? one.length + 8 : 8;
    if (budget.left < 0) throw new PathError('copies more than an object may hold');
    if (typeof one === 'object' && one !== null) open.push(...Object.values<Value>(one));
  }
}

function membersOf(pointer: string): readonly string[] {
  return pointer === '' ? [] : parsePointer(pointer);
}

function find(value: Value, path: readonly string[]): Value {
  return path.reduce<Value>((at, token) => {
    const found = isList(at) ? at[indexIn(at, token, at.length - 1)] : memberOf(at, token);
    if (found === undefined) throw new PathError(`finds no ${JSON.stringify(token)}`);
    return found;
  }, value);
}

/** What becomes of the map or list that holds the last member of a path. */
type Change = (holder: Value, token: string) => Value;

function change(value: Value, path: readonly string[], last: Change): Value {
  const [token, ...rest] = path;
  if (token === undefined) throw new PathError('is about the whole object');
  if (rest.length === 0) return last(value, token);
  const below = change(find(value, [token]), rest, last);
  return replaced(below)(value, token);
}

function added(value: Value): Change {
  return (holder, token) => {
    if (!isList(holder)) return withMember(mapOf(holder), token, value);
    const index = token === '-' ? holder.length : indexIn(holder, token, holder.length);
    return holder.toSpliced(index, 0, value);
  };
}

function replaced(value: Value): Change {
  return (holder, token) => {
    if (isList(holder)) return holder.with(indexIn(holder, token, holder.length - 1), value);
    // What is not there is added, as by kustomize: RFC 6902 would refuse it.
    return withMember(mapOf(holder), token, value);
  };
}

function removed(holder: Value, token: string): Value {
  if (isList(holder)) return holder.toSpliced(indexIn(holder, token, holder.length - 1), 1);
  find(holder, [token]);
  return withoutMember(mapOf(holder), token);
}

function mapOf(value: Value) {
  if (isMap(value)) return value;
  throw new PathError('finds neither a map nor a list');
}

function indexIn(list: readonly Value[], token: string, highest: number): number {
  const index = /^(?:0|[1-9]\d{0,8})$/u.test(token) ? Number(token) : -1;
  if (index < 0 || index > highest)
    throw new PathError(`finds no item ${JSON.stringify(token)} of ${list.length}`);
  return index;
}
