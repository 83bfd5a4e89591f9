// One copy of texts that many objects have alike. What comes out of JSON is a copy each time: in a fleet, owned fields,
// times and owner ids would stand in memory ten thousand times.
import { pullerLimits } from '../../src/limits.ts';

const { count, length } = pullerLimits.sharedTexts;

/** The texts that were asked for last. */
const shared = new Map<string, string>();

/** An equal text, most often one that others have as well. */
export function shareText(text: string): string {
  if (text.length > length) return text;
  const known = shared.get(text) ?? text;
  // The one that was not asked for the longest goes first.
  if (!shared.delete(text) && shared.size >= count) shared.delete(shared.keys().next().value ?? '');
  shared.set(known, known);
  return known;
}
