// Hostile text in markdown that GitHub renders: as entities within code, no character is markup, a mention, a link, or
// the end of a comment's marker; in a fence, no line ends it.

/** One line as inline code; GitHub looks for mentions and links in no code. */
export function inlineCode(text: string, maxCharacters: number): string {
  const line = text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').replaceAll(/\p{Cf}/gu, '\u{FFFD}');
  const short = line.length > maxCharacters ? `${line.slice(0, maxCharacters - 1)}…` : line;
  return `<code>${escapeText(short)}</code>`;
}

/** A block of code, fenced by more backticks than it holds in a row. */
export function fencedBlock(text: string, language: string): string {
  // Marks that turn the direction of text hide what a line says ("trojan source").
  const inert = text
    .replaceAll(/\r\n?|[\p{Zl}\p{Zp}]/gu, '\u{FFFD}')
    .replaceAll(/(?!\n|\t)[\p{Cc}\p{Cf}]/gu, '\u{FFFD}')
    .replace(/\n$/u, '');
  const longest = [...inert.matchAll(/`+/gu)].reduce((longest, [run]) => Math.max(longest, run.length), 0);
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return `${fence}${language}\n${inert}\n${fence}`;
}

/** The first line of a comment, by which it is found again: nothing in a key can end or imitate it. */
export function markerOf(key: string): string {
  const spelt = encodeURIComponent(key.toWellFormed()).replaceAll('%2F', '/').replaceAll('--', '%2D%2D');
  return `<!-- sealift:diff key=${spelt} -->`;
}

function escapeText(text: string): string {
  return text
    .replaceAll(/[!-+:-@[-`{-~]/gu, (character) => `&#${character.codePointAt(0) ?? 0};`)
    .replaceAll(/www\./giu, (word) => `${word.slice(0, 3)}&#46;`);
}
