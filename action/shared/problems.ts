// The problems of an action's inputs, gathered so that one run reports them all, each with its input's name.
import {
  FailuresError,
  InputError,
  isSealiftError,
  SigningError,
  type ErrorCode,
  type ErrorOptions,
  type SealiftError,
} from '../../src/errors.ts';

/** Gathers problems; what has one is undefined from then on. */
export class Problems {
  readonly #found: SealiftError<ErrorCode>[] = [];

  /** Gives what `read` gives, or keeps the error of ours that it throws. */
  async attempt<T>(name: string, read: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (!isSealiftError(error)) throw error;
      this.add(named(name, error));
      return undefined;
    }
  }

  add(problem: SealiftError<ErrorCode>): void {
    // A file that two inputs need is told of once.
    if (!this.#found.some(({ message }) => message === problem.message)) this.#found.push(problem);
  }

  /** All of them as one error; undefined where there is none. */
  toError(): FailuresError | undefined {
    const [first, ...rest] = this.#found;
    if (first === undefined) return undefined;
    const count = this.#found.length;
    return new FailuresError([first, ...rest], `${count} problem${count === 1 ? '' : 's'} in the inputs`);
  }
}

/** The same error about an input; its own cause stays, so that nothing is wrapped twice. */
function named(name: string, error: SealiftError<ErrorCode>): SealiftError<ErrorCode> {
  const message = `${name}: ${error.message}`;
  const options: ErrorOptions = {
    ...(error.cause === undefined ? {} : { cause: error.cause }),
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  };
  if (error instanceof SigningError) return new SigningError(error.code, message, options);
  return new InputError(error instanceof InputError ? error.code : 'INPUT_INVALID', message, options);
}
