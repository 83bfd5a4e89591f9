// Image automation on the connected side: asks registries for newer tags by policy, and puts them where files are marked.
// It gives the new bytes back; who calls it writes them, and makes a pull request of them.
import { FailuresError, InputError, ResourceError } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import type { Reference } from '../oci/reference.ts';
import type { ImagePolicy } from '../images/policy-file.ts';
import { mayHaveMarks, setImages, type ChosenImage, type ImageChange } from '../images/setters.ts';
import { resourceLimits } from '../limits.ts';
import type { SourceFile } from '../resources/validate.ts';

/** What is asked of registries. */
export type ImageRegistry = {
  tags(image: Reference): Promise<readonly string[]>;
  resolve(image: Reference): Promise<Digest>;
};

export type UpdateRequest = {
  readonly files: readonly SourceFile[];
  readonly policies: readonly ImagePolicy[];
  readonly registry: ImageRegistry;
};

export type ImageUpdate = {
  readonly changes: readonly ImageChange[];
  /** Files that differ, with their new bytes. */
  readonly files: readonly SourceFile[];
  /** Image and tag that each policy has chosen whose marks were found. */
  readonly chosen: readonly { readonly policy: string; readonly image: string }[];
};

/**
 * Chooses and edits. Only policies that some mark names are asked for.
 * @throws FailuresError of ResourceError for files that can't be read or edited; InputError for marks of unknown policies;
 * ContentError, RegistryError
 */
export async function updateImages({ files, policies, registry }: UpdateRequest): Promise<ImageUpdate> {
  const marked = files.filter(({ path, bytes }) => /\.ya?ml$/iu.test(path) && mayHaveMarks(bytes));
  const known = new Map(policies.map((policy) => [policy.name, policy]));
  const wanted = findWanted(marked, known);
  const chosen = new Map<string, ChosenImage>();
  for (const policy of wanted) chosen.set(policy.name, await choose(policy, registry));
  const edited = marked.map((file) => ({
    path: file.path,
    before: file.bytes,
    ...setImages(file, ({ policy }) => chosen.get(policy)),
  }));
  throwProblems(edited.flatMap(({ problems }) => problems));
  return {
    changes: edited.flatMap(({ changes }) => changes),
    files: edited.filter(({ bytes, before }) => bytes !== before).map(({ path, bytes }) => ({ path, bytes })),
    chosen: [...chosen].map(([policy, { name, tag }]) => ({ policy, image: `${name}:${tag}` })),
  };
}

/** The policies that marks name, before any registry is asked for anything. */
function findWanted(
  files: readonly SourceFile[],
  known: ReadonlyMap<string, ImagePolicy>,
): readonly ImagePolicy[] {
  const wanted = new Map<string, ImagePolicy>();
  const problems: ResourceError[] = [];
  for (const file of files) {
    const looked = setImages(file, ({ policy, part, location }) => {
      const found = known.get(policy);
      const problem = problemOf(policy, part, found);
      if (found !== undefined) wanted.set(policy, found);
      if (problem !== undefined) problems.push(new ResourceError('RESOURCE_INVALID', problem, location));
      return undefined;
    });
    problems.push(...looked.problems);
  }
  throwProblems(problems);
  if (wanted.size > 0) return [...wanted.values()];
  throw new InputError('INPUT_INVALID', 'no value in the files is marked', {
    hint: 'Mark one by a comment behind it: # {"$imagepolicy": "NAMESPACE:NAME"}.',
  });
}

function problemOf(policy: string, part: string, found: ImagePolicy | undefined): string | undefined {
  if (found === undefined) return `mark names the policy ${policy}, which the policy file does not have`;
  if (part !== 'digest' || found.wantsDigest) return undefined;
  return `mark asks for a digest, and policy ${policy} has no digestReflectionPolicy`;
}

async function choose(policy: ImagePolicy, registry: ImageRegistry): Promise<ChosenImage> {
  const tag = policy.pick(await registry.tags(policy.image));
  const digest = policy.wantsDigest ? await registry.resolve({ ...policy.image, tag }) : undefined;
  return { name: policy.imageName, tag, digest };
}

function throwProblems(problems: readonly ResourceError[]): void {
  const [first, ...rest] = problems.slice(0, resourceLimits.problems);
  if (first === undefined) return;
  const count = problems.length;
  throw new FailuresError([first, ...rest], `${count} problem${count === 1 ? '' : 's'} in the files`);
}
