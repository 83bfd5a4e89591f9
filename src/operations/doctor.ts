// `doctor`: goes to a registry step by step and says of each what was found. It only reads, it uses the same connections
// and credentials as every other command, and nothing that it says is secret. It never fails itself: a step does.
import { parseReference, type Reference } from '../oci/reference.ts';
import { originOf, type ConnectOptions } from '../registry/connect.ts';
import { examineNetwork } from './doctor/network.ts';
import { examineRegistry } from './doctor/registry.ts';
import { createExaminer, type Step } from './doctor/step.ts';

export type { Step, StepDetails, StepName } from './doctor/step.ts';

export type Examination = {
  /** `HOST[:PORT]/REPOSITORY[:TAG][@DIGEST]`; it is a step of its own to read it. */
  readonly reference: string;
  readonly plainHttp?: boolean | undefined;
  /** What connections are opened with. */
  readonly connect: ConnectOptions;
  readonly signal?: AbortSignal | undefined;
  /** Hears of each step as soon as it is taken. */
  readonly onStep?: ((step: Step) => void) | undefined;
};

/**
 * All steps in their order; those that make no sense after a failure are skipped.
 * @throws the signal's reason where it aborts
 */
export async function examine(options: Examination): Promise<readonly Step[]> {
  const { plainHttp = false, connect, onStep } = options;
  const signal = options.signal ?? new AbortController().signal;
  const examiner = createExaminer({ now: connect.now, signal, onStep });
  let reference: Reference | undefined;
  await examiner.take('reference', [], async () => {
    reference = parseReference(options.reference);
    const { registry, repository, tag, digest } = reference;
    return {
      words: `${repository} of ${registry}`,
      details: {
        registry,
        repository,
        ...(tag === undefined ? {} : { tag }),
        ...(digest === undefined ? {} : { digest }),
      },
    };
  });
  if (reference === undefined) return examiner.steps;
  const url = originOf(reference, plainHttp);
  const { deadlines } = connect;
  await examineNetwork(examiner, { url, network: connect, timeoutMs: deadlines?.connectMs, signal });
  await examineRegistry(examiner, { reference, url, connect, plainHttp, signal });
  return examiner.steps;
}
