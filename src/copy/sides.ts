// The two stores of a copy, so that every error says on which side it happened. Class and code stay what they are: what
// to do about a missing log-in does not depend on the side, where to do it does.
import {
  ContentError,
  InputError,
  InvalidReferenceError,
  RegistryError,
  type ErrorOptions,
  type SealiftError,
} from '../errors.ts';
import type { ContentSource, ContentStore, RemoteSource, RemoteStore } from '../oci/content-store.ts';
import type { Crew } from './crew.ts';

export type Side = 'source' | 'target';

/** A copy asks less of what is far away, where that can be asked so. */
export type CopySource = ContentSource & Partial<RemoteSource>;
export type CopyTarget = ContentStore & Partial<RemoteStore>;

/** Calls to the stores: bounded, cancelled with the copy, and with errors that name the side. */
export type Stores = {
  readonly source: CopySource;
  readonly target: CopyTarget;
  readonly signal: AbortSignal;
  /** What is learned of each side belongs to this copy. */
  readonly work: Readonly<Record<Side, object>>;
  fromSource<T>(call: (source: CopySource, signal: AbortSignal) => Promise<T>): Promise<T>;
  onTarget<T>(call: (target: CopyTarget, signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Moves a blob; what fails there says the side itself. */
  move<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T>;
};

export function createStores(
  { source, target }: { readonly source: CopySource; readonly target: CopyTarget },
  { call, move, signal }: Crew,
): Stores {
  return {
    source,
    target,
    signal,
    work: { source: {}, target: {} },
    fromSource: (work) => call(() => onSide('source', () => work(source, signal))),
    onTarget: (work) => call(() => onSide('target', () => work(target, signal))),
    move: (work) => move(() => work(signal)),
  };
}

/** Runs something of one side. @throws what it throws, with the side */
export async function onSide<T>(side: Side, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw withSide(side, error);
  }
}

/** The error with its side; what is none of ours and no system's stays as it is, as an abort. */
export function withSide(side: Side, error: unknown): unknown {
  const message = `${side}: ${error instanceof Error ? error.message : ''}`;
  if (error instanceof ContentError) return new ContentError(error.code, message, optionsOf(side, error));
  if (error instanceof RegistryError) return new RegistryError(error.code, message, optionsOf(side, error));
  if (error instanceof InvalidReferenceError)
    return new InvalidReferenceError(error.code, message, optionsOf(side, error));
  if (error instanceof InputError) return new InputError(error.code, message, optionsOf(side, error));
  if (error instanceof Error && 'syscall' in error)
    return new InputError('FILE_UNREADABLE', message, { cause: error, details: { side } });
  return error;
}

function optionsOf(side: Side, error: SealiftError): ErrorOptions {
  const { hint, retryable, details } = error;
  return { cause: error, retryable, details: { ...details, side }, ...(hint === undefined ? {} : { hint }) };
}
