// Order of resource versions, legal since KEP-5504: unsigned decimal numbers of any length, compared as text.
// https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/5504-comparable-resource-version

/**
 * Compares two resource versions of one kind: negative if `left` is older, 0 if equal, positive if newer;
 * undefined if either is not a number, which aggregated API servers may still send.
 */
export function compareResourceVersions(left: string, right: string): number | undefined {
  if (!isComparable(left) || !isComparable(right)) return undefined;
  if (left.length !== right.length) return left.length - right.length;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function isComparable(version: string): boolean {
  return /^(?:0|[1-9][0-9]*)$/u.test(version);
}
