// The verdict on files before anything is done with them: one for the command on a laptop and for whatever publishes.
import { FailuresError, type ResourceError } from '../errors.ts';
import { checkResources, type CheckedFiles, type CheckOptions, type CheckResult } from './check.ts';

export type FitOptions = CheckOptions & {
  /** What can not be checked is a problem, too. */
  readonly isStrict?: boolean | undefined;
};

/**
 * Checks objects against the schemas of their kinds.
 * @throws FailuresError of ResourceError
 */
export async function assertFit(
  checked: CheckedFiles,
  { isStrict = false, ...options }: FitOptions = {},
): Promise<Omit<CheckResult, 'problems'>> {
  const { problems, ...result } = await checkResources(checked, options);
  const unchecked = isStrict ? result.warnings.filter(({ code }) => code !== 'API_DEPRECATED') : [];
  refuse([...problems, ...unchecked]);
  return result;
}

function refuse(problems: readonly ResourceError[]): void {
  const [first, ...rest] = problems;
  if (first === undefined) return;
  const count = problems.length;
  throw new FailuresError([first, ...rest], `${count} problem${count === 1 ? '' : 's'} in the files`);
}

/** How many objects fit, in words. */
export function describeFit(
  { kubernetesVersion, unchecked }: Pick<CheckResult, 'kubernetesVersion' | 'unchecked'>,
  count: number,
): string {
  return `${count - unchecked} of ${count} objects fit Kubernetes ${kubernetesVersion}`;
}
