// Flux's ImageRepository and ImagePolicy objects from a file: what decides which image newer tags are looked for, and how.
import * as z from 'zod';
import { InputError } from '../errors.ts';
import { imageLimits } from '../limits.ts';
import type { Reference } from '../oci/reference.ts';
import { parseFile } from '../resources/parse.ts';
import { parseApiVersion, type Resource } from '../resources/resource.ts';
import { compileTagPolicy, tagPolicySchema, type PickTag } from './policy.ts';
import { parseImage } from './reference.ts';
import { compileExclusion } from './tag-filter.ts';

export type ImagePolicy = {
  /** `NAMESPACE/NAME`, as marks have it. */
  readonly name: string;
  /** As it is written, without tag: what goes into files. */
  readonly imageName: string;
  readonly image: Reference;
  /** Whether the digest is put behind the tag. */
  readonly wantsDigest: boolean;
  readonly pick: PickTag;
};

const group = 'image.toolkit.fluxcd.io';
/** What Flux leaves out by itself: signatures that cosign attached by name. */
const defaultExclusions = [String.raw`^.*\.sig$`];

const repositorySchema = z.looseObject({
  spec: z.looseObject({
    image: z.string().max(imageLimits.referenceLength),
    exclusionList: z.array(z.string()).max(imageLimits.exclusions).default(defaultExclusions),
  }),
});
const policySchema = z.looseObject({
  spec: tagPolicySchema.extend({
    imageRepositoryRef: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
    digestReflectionPolicy: z.enum(['Never', 'IfNotPresent', 'Always']).default('Never'),
  }),
});

/**
 * Reads the policies of a file of YAML documents; other objects in it are passed over.
 * @param file its name, for messages
 * @throws InputError `INPUT_INVALID`; ResourceError
 */
export function parseImagePolicies(file: string, bytes: Uint8Array): readonly ImagePolicy[] {
  const { resources, problems } = parseFile(file, bytes);
  const [problem] = problems;
  if (problem !== undefined) throw problem;
  const own = resources.map(({ resource }) => resource).filter((one) => groupOf(one) === group);
  const repositories = new Map(
    own
      .filter(({ kind }) => kind === 'ImageRepository')
      .map((one) => [nameOf(one), readRepository(file, one)]),
  );
  const policies = own
    .filter(({ kind }) => kind === 'ImagePolicy')
    .map((one) => readPolicy(file, one, repositories));
  if (policies.length > 0 && policies.length <= imageLimits.policies) return policies;
  const count = policies.length === 0 ? 'no ImagePolicy' : `more than ${imageLimits.policies} policies`;
  throw new InputError('INPUT_INVALID', `${file} holds ${count}`, {
    hint: `Write ImageRepository and ImagePolicy of ${group} as Flux has them.`,
  });
}

type Repository = {
  readonly imageName: string;
  readonly image: Reference;
  readonly exclude: (tags: readonly string[]) => readonly string[];
};

function readRepository(file: string, resource: Resource): Repository {
  const where = `${file}: ImageRepository ${nameOf(resource)}`;
  const { image: imageName, exclusionList } = parse(repositorySchema, resource, where).spec;
  const image = parseImage(imageName);
  if (image.tag !== undefined || image.digest !== undefined) {
    throw new InputError('INPUT_INVALID', `${where}: spec.image has a tag or a digest`);
  }
  const exclusions = exclusionList.map((text) => compileExclusion(text, `${where}: exclusionList`));
  return { imageName, image, exclude: (tags) => exclusions.reduce((left, one) => one(left), tags) };
}

function readPolicy(
  file: string,
  resource: Resource,
  repositories: ReadonlyMap<string, Repository>,
): ImagePolicy {
  const name = nameOf(resource);
  const where = `${file}: ImagePolicy ${name}`;
  const { spec } = parse(policySchema, resource, where);
  const { name: target, namespace = namespaceOf(resource) } = spec.imageRepositoryRef;
  const repository = repositories.get(`${namespace}/${target}`);
  if (repository === undefined) {
    throw new InputError('INPUT_INVALID', `${where}: there is no ImageRepository ${namespace}/${target}`, {
      hint: 'Put it into the same file, behind ---.',
    });
  }
  const { image, imageName, exclude } = repository;
  const pick = compileTagPolicy(spec, where);
  const wantsDigest = spec.digestReflectionPolicy !== 'Never';
  return { name, image, imageName, wantsDigest, pick: (tags) => pick(exclude(tags)) };
}

function parse<T>(schema: z.ZodType<T>, resource: Resource, where: string): T {
  const parsed = schema.safeParse(resource);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new InputError('INPUT_INVALID', `${where}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
}

function groupOf({ apiVersion }: Resource): string {
  return parseApiVersion(apiVersion).group;
}

function namespaceOf({ metadata }: Resource): string {
  return metadata.namespace ?? 'default';
}

function nameOf(resource: Resource): string {
  return `${namespaceOf(resource)}/${resource.metadata.name}`;
}
