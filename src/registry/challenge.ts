// What a registry asks for in `WWW-Authenticate` (RFC 9110, sections 11.3 to 11.6.1): any number of challenges, in one
// line or several. Whatever comes, what could be read is given, and nothing is thrown.
import { authLimits } from '../limits.ts';

export type Challenge = {
  /** In lower case: `basic`, `bearer`. */
  readonly scheme: string;
  /** By name in lower case; the first of a name counts. */
  readonly parameters: ReadonlyMap<string, string>;
  /** What stands there in place of parameters, in schemes like Negotiate. */
  readonly token68?: string;
};

const separators = /[\s,]*/uy;
const schemePattern = /([!#$%&'*+.^_`|~0-9A-Za-z-]{1,100})(?=[\s,]|$)[ \t]*/uy;
const token68Pattern = /([A-Za-z0-9._~+/-]+=*)[ \t]*(?=,|$)/uy;
// Realms without quotes occur, though a URL is no token: a value goes on until the next comma or space.
const parameterPattern =
  /([!#$%&'*+.^_`|~0-9A-Za-z-]{1,100})[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/suy;

/** The challenges of a header, several lines joined by commas. */
export function parseChallenges(header: string | undefined): readonly Challenge[] {
  const text = header ?? '';
  if (text.length > authLimits.challengeLength) return [];
  const found: Challenge[] = [];
  let at = skip(text, 0);
  while (at < text.length && found.length < authLimits.challenges) {
    const scheme = matchAt(schemePattern, text, at);
    if (scheme === undefined) break;
    at += scheme[0].length;
    const token68 = matchAt(token68Pattern, text, at);
    const { parameters, end } =
      token68 === undefined
        ? readParameters(text, at)
        : { parameters: new Map(), end: at + token68[0].length };
    found.push({
      scheme: (scheme[1] ?? '').toLowerCase(),
      parameters,
      ...(token68?.[1] === undefined ? {} : { token68: token68[1] }),
    });
    at = skip(text, end);
  }
  return found;
}

function readParameters(
  text: string,
  start: number,
): { readonly parameters: ReadonlyMap<string, string>; readonly end: number } {
  const parameters = new Map<string, string>();
  let at = start;
  for (let count = 0; count < authLimits.challengeParameters; count += 1) {
    // The next challenge begins with a name too, but no "=" follows it.
    const next = skip(text, at);
    const parameter = matchAt(parameterPattern, text, next);
    if (parameter === undefined) break;
    const [whole, name = '', quoted, plain = ''] = parameter;
    const key = name.toLowerCase();
    if (!parameters.has(key)) parameters.set(key, quoted?.replaceAll(/\\(.)/gsu, '$1') ?? plain);
    at = next + whole.length;
  }
  return { parameters, end: at };
}

function skip(text: string, at: number): number {
  return at + (matchAt(separators, text, at)?.[0].length ?? 0);
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}
