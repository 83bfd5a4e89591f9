// A value as YAML in one form only: sorted keys, text of several lines as a block, and quoted whatever a reader could
// take for something else. It is for people to read and to compare; parseFile gives the value back.

const plainText = /^[A-Za-z_/][A-Za-z0-9_./@+-]*(?: [A-Za-z0-9_./@+(][A-Za-z0-9_./@+(),=-]*)*$/u;
const notText = /^(?:y|n|yes|no|true|false|on|off|null)$/iu;
/** Lines that stand in a block as they are: no control characters, and no line break but `\n`. */
const blockText = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u{FEFF}\u{FFFE}\u{FFFF}]*$/u;

/** A value that JSON has as YAML, ended by a line break. */
export function formatYaml(value: unknown): string {
  const lines: string[] = [];
  writeValue(value, '', { lines, lead: '' });
  return `${lines.join('\n')}\n`;
}

/** Where the next line goes, and what stands in it already. */
type Output = { readonly lines: string[]; readonly lead: string };

function writeValue(value: unknown, indent: string, { lines, lead }: Output): void {
  if (Array.isArray(value) && value.length > 0) {
    writeItems(value, indent, { lines, lead });
  } else if (isMap(value) && Object.keys(value).length > 0) {
    writeMembers(value, indent, { lines, lead });
  } else if (typeof value === 'string' && isBlock(value)) {
    const text = value.endsWith('\n') ? value.slice(0, -1) : value;
    lines.push(`${lead}${value.endsWith('\n') ? '|' : '|-'}`);
    for (const line of text.split('\n')) lines.push(line === '' ? '' : `${indent}${line}`);
  } else {
    lines.push(`${lead}${formatScalar(value)}`);
  }
}

function writeItems(items: readonly unknown[], indent: string, { lines, lead }: Output): void {
  if (lead.trimEnd() !== '' && !lead.endsWith('- ')) lines.push(lead.trimEnd());
  items.forEach((item, index) => {
    const begin = lead.endsWith('- ') && index === 0 ? lead : indent;
    writeValue(item, `${indent}  `, { lines, lead: `${begin}- ` });
  });
}

function writeMembers(map: Readonly<Record<string, unknown>>, indent: string, { lines, lead }: Output): void {
  const isItem = lead.endsWith('- ');
  if (lead.trimEnd() !== '' && !isItem) lines.push(lead.trimEnd());
  Object.keys(map)
    .toSorted()
    .forEach((key, index) => {
      const begin = isItem && index === 0 ? lead : indent;
      const value = map[key];
      writeValue(value, Array.isArray(value) ? indent : `${indent}  `, {
        lines,
        lead: `${begin}${formatText(key)}: `,
      });
    });
}

function isBlock(text: string): boolean {
  const lines = text.split('\n');
  // A block can't begin with a space or an empty line, nor end in several, without marks for each.
  return (
    lines.length > 1 &&
    !/^\s/u.test(text) &&
    !text.endsWith('\n\n') &&
    !/(?:^|\n)[ \t]+(?:\n|$)/u.test(text) &&
    lines.every((line) => blockText.test(line.replaceAll('\t', ''))) &&
    lines.every((line) => !line.startsWith('\t'))
  );
}

function formatScalar(value: unknown): string {
  if (typeof value === 'string') return formatText(value);
  if (Array.isArray(value)) return '[]';
  return isMap(value) ? '{}' : String(value);
}

function formatText(text: string): string {
  if (plainText.test(text) && !notText.test(text)) return text;
  // Of JSON's escapes, kubectl's reader knows those that JSON.stringify writes; it wants these as escapes, too.
  return JSON.stringify(text).replaceAll(
    /[\u{7F}-\u{9F}\p{Cf}\p{Zl}\p{Zp}\u{FEFF}\u{FFFE}\u{FFFF}]/gu,
    (character) => `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`,
  );
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
