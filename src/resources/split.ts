// A file's text to the texts of its documents, cut where kubectl cuts: at each line that begins with `---`, whatever
// YAML makes of it. What YAML 1.1 and 1.2 take for different line breaks is refused, so that both see the same lines.

/** One document's text. */
export type DocumentText = {
  readonly text: string;
  /** Where it begins in the file's text. */
  readonly offset: number;
  /** kubectl reads a file that begins with a brace as JSON, as far as it is JSON. */
  readonly isJson: boolean;
};

export type SplitProblem = { readonly message: string; readonly offset?: number | undefined };

export type Split = {
  /** The file's text, which offsets count in: without a byte order mark, lines ended by `\n` alone. */
  readonly text: string;
  readonly documents: readonly DocumentText[];
  readonly problem?: SplitProblem;
};

/** kubectl looks for the brace in as many bytes. */
const guessLength = 4096;
const separator = /^---.*$/gmu;
const plainSeparator = /^---[ \t]*(?:#.*)?$/u;
/** Of these, DEL and the C1 controls with NEL are refused by YAML 1.1 or break lines there. */
const controls = /[^\P{Cc}\t\n]/u;
const otherUnreadable = /[\u{FEFF}\u{FFFE}\u{FFFF}]/u;
const otherLineBreaks = /[\u{2028}\u{2029}]/u;

/** Cuts a file into documents; `documents` is empty where there is a problem. */
export function splitDocuments(bytes: Uint8Array): Split {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).replaceAll('\r\n', '\n');
  } catch {
    return refused('', { message: 'file is not UTF-8 text' });
  }
  const unreadable = controls.exec(text) ?? otherUnreadable.exec(text);
  if (unreadable !== null) {
    return refused(text, { message: 'file has control characters', offset: unreadable.index });
  }
  const documents: DocumentText[] = [];
  let begin = 0;
  for (const { 0: line, index } of text.matchAll(separator)) {
    if (!plainSeparator.test(line)) {
      const message = 'line begins with --- and has more than a comment behind it; kubectl refuses that';
      return refused(text, { message, offset: index });
    }
    if (index > begin) documents.push(documentAt(text, begin, index));
    begin = index + line.length + 1;
  }
  if (begin < text.length) documents.push(documentAt(text, begin, text.length));
  for (const document of documents) {
    const problem = document.isJson ? undefined : findYamlProblem(document);
    if (problem !== undefined) return refused(text, problem);
  }
  return { text, documents };
}

function findYamlProblem({ text, offset }: DocumentText): SplitProblem | undefined {
  const separated = otherLineBreaks.exec(text);
  if (separated !== null) {
    const message =
      'line or paragraph separator (U+2028, U+2029) breaks lines for kubectl only; write it as an escape';
    return { message, offset: offset + separated.index };
  }
  const directive = /^%/mu.exec(text);
  if (directive === null) return undefined;
  // It would have to stand before `---`, where kubectl cuts the file.
  return {
    message: 'line begins with %, which kubectl takes for a directive and refuses',
    offset: offset + directive.index,
  };
}

function refused(text: string, problem: SplitProblem): Split {
  return { text, documents: [], problem };
}

function documentAt(whole: string, begin: number, end: number): DocumentText {
  const text = whole.slice(begin, end);
  // kubectl ends the last line, too, which a block scalar at the end of the file shows.
  const ended = text.endsWith('\n') ? text : `${text}\n`;
  return { text: ended, offset: begin, isJson: begin === 0 && isJson(text) };
}

function isJson(text: string): boolean {
  if (!/^\s*\{/u.test(text.slice(0, guessLength))) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
