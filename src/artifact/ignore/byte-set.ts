// The bytes that one place of a glob may stand for: `?`, or a set in brackets as git reads it, with ranges, escapes and
// named classes. None of them ever stands for a slash.

/** One number a byte; 1 for those in the set. */
export type ByteSet = Uint8Array;

const SLASH = 0x2f;

/** Every byte; `**` alone reaches over slashes. */
export const anyByte: ByteSet = new Uint8Array(256).fill(1);

/** Every byte but the slash. */
export const anyButSlash: ByteSet = anyByte.map((_, byte) => (byte === SLASH ? 0 : 1));

/** The named classes, of ASCII alone; git's own tables have no vertical tab among the spaces. */
const CLASSES: ReadonlyMap<string, RegExp> = new Map([
  ['alnum', /[A-Za-z0-9]/u],
  ['alpha', /[A-Za-z]/u],
  ['blank', /[\t ]/u],
  ['cntrl', /[^ -~]/u],
  ['digit', /[0-9]/u],
  ['graph', /[!-~]/u],
  ['lower', /[a-z]/u],
  ['print', /[ -~]/u],
  ['punct', /[!-/:-@[-`{-~]/u],
  ['space', /[\t\n\r ]/u],
  ['upper', /[A-Z]/u],
  ['xdigit', /[A-Fa-f0-9]/u],
]);

type Member = {
  /** The bytes it adds to the set. */
  readonly add: (set: ByteSet) => void;
  /** Where it starts a range, if a "-" follows: the byte. */
  readonly byte?: number;
  readonly end: number;
};

/**
 * The set whose bracket opens just before `start`, and where it ends; nothing for one that is malformed.
 * @param pattern one character a byte
 */
export function parseByteSet(pattern: string, start: number): { set: ByteSet; end: number } | undefined {
  const isNegated = pattern[start] === '!' || pattern[start] === '^';
  const set = new Uint8Array(256);
  let at = isNegated ? start + 1 : start;
  let before: number | undefined;
  // A "]" that comes first is a member.
  do {
    const member = readMember(pattern, at, before);
    if (member === undefined) return undefined;
    member.add(set);
    before = member.byte;
    at = member.end;
  } while (pattern[at] !== ']');
  return { set: set.map((is, byte) => (byte === SLASH ? 0 : isNegated ? 1 - is : is)), end: at + 1 };
}

function readMember(pattern: string, at: number, before: number | undefined): Member | undefined {
  if (at >= pattern.length) return undefined;
  const isRange = pattern[at] === '-' && before !== undefined && at + 1 < pattern.length;
  if (isRange && pattern[at + 1] !== ']') {
    const last = readByte(pattern, at + 1);
    if (last === undefined) return undefined;
    return { add: (set) => set.fill(1, before, last.byte + 1), end: last.end };
  }
  if (pattern.startsWith('[:', at)) return readClass(pattern, at);
  return readSingle(pattern, at);
}

function readSingle(pattern: string, at: number): Member | undefined {
  const single = readByte(pattern, at);
  return single && { ...single, add: (set) => set.fill(1, single.byte, single.byte + 1) };
}

function readByte(pattern: string, at: number): { byte: number; end: number } | undefined {
  const place = pattern[at] === '\\' ? at + 1 : at;
  return place < pattern.length ? { byte: pattern.charCodeAt(place), end: place + 1 } : undefined;
}

function readClass(pattern: string, at: number): Member | undefined {
  const close = pattern.indexOf(']', at + 2);
  if (close < 0) return undefined;
  // Without its second colon the bracket is a member like any other.
  if (close === at + 2 || pattern[close - 1] !== ':') return readSingle(pattern, at);
  const expression = CLASSES.get(pattern.slice(at + 2, close - 1));
  if (expression === undefined) return undefined;
  return {
    add: (set) => {
      for (let byte = 0; byte < 128; byte++) if (expression.test(String.fromCharCode(byte))) set[byte] = 1;
    },
    end: close + 1,
  };
}
