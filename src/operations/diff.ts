// Diff: what differs between the objects of two artifacts, as data for whoever shows it. Values of Secrets are masked
// before anything is compared as text.
import { diffLimits } from '../limits.ts';
import { compareResources } from '../resources/change-set.ts';
import { formatYaml } from '../resources/format-yaml.ts';
import { maskVersions, type Versions } from '../resources/mask.ts';
import { formatIdentity, identityOf, type Resource, type ResourceIdentity } from '../resources/resource.ts';
import { diffText } from '../resources/text-diff.ts';

/** The objects of both sides, as `readResources` gives them. */
export type DiffRequest = {
  readonly before: readonly { readonly resource: Resource }[];
  readonly after: readonly { readonly resource: Resource }[];
  /** Equal lines around each change; 3 by default. */
  readonly contextLines?: number;
  /** What else must not be shown of an object, after its Secret's values. */
  readonly redact?: (resource: Resource) => Resource;
};

export type ArtifactChange = {
  readonly action: 'created' | 'configured' | 'deleted';
  readonly identity: ResourceIdentity;
  /** As people write it. */
  readonly name: string;
  /** Fields that differ, of an object that is configured; of many only the first. */
  readonly fields: readonly string[];
  /** Unified diff of the object as YAML, Secrets masked. */
  readonly text: string;
};

export type ArtifactDiff = {
  /** What would be deleted, in the order of pruning; then what would be applied, in that order. */
  readonly changes: readonly ArtifactChange[];
  /** How many objects are the same. */
  readonly unchanged: number;
};

/** Compares the objects of two artifacts. */
export function diffArtifacts({ before, after, contextLines = 3, redact }: DiffRequest): ArtifactDiff {
  const set = compareResources(
    before.map(({ resource }) => resource),
    after.map(({ resource }) => resource),
  );
  const budget = { steps: diffLimits.steps };
  const textOf = (versions: Versions): string => {
    const masked = maskVersions(versions);
    const [old, fresh] = [formatVersion(masked.before, redact), formatVersion(masked.after, redact)];
    const shown = versions.after ?? versions.before;
    const path = shown === undefined ? '' : formatIdentity(identityOf(shown));
    const names = {
      before: versions.before === undefined ? '/dev/null' : `a/${path}`,
      after: versions.after === undefined ? '/dev/null' : `b/${path}`,
    };
    return diffText(old, fresh, { names, contextLines, budget });
  };
  const deleted = set.deleted.map((resource) =>
    changeOf('deleted', resource, { fields: [], text: textOf({ before: resource, after: undefined }) }),
  );
  const configured = set.changed.map(({ before: old, after: fresh, fields }) =>
    changeOf('configured', fresh, { fields, text: textOf({ before: old, after: fresh }) }),
  );
  const created = set.created.map((resource) =>
    changeOf('created', resource, { fields: [], text: textOf({ before: undefined, after: resource }) }),
  );
  return { changes: [...deleted, ...created, ...configured], unchanged: set.unchanged.length };
}

function formatVersion(resource: Resource | undefined, redact: DiffRequest['redact']): string {
  return resource === undefined ? '' : formatYaml(redact === undefined ? resource : redact(resource));
}

function changeOf(
  action: ArtifactChange['action'],
  resource: Resource,
  { fields, text }: Pick<ArtifactChange, 'fields' | 'text'>,
): ArtifactChange {
  const identity = identityOf(resource);
  return { action, identity, name: formatIdentity(identity), fields, text };
}
