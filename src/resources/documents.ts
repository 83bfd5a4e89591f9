// A file of YAML or JSON to the values of its documents, as kubectl reads them, with every problem's place. Whatever
// kubectl refuses is refused, and so is what it reads otherwise than the text says.
import { LineCounter, parseAllDocuments, type Document, type Node } from 'yaml';
import { ResourceError, type ResourceLocation } from '../errors.ts';
import { resourceLimits } from '../limits.ts';
import { isScalarProblem, kubernetesTags } from './kubernetes-schema.ts';
import { NodeError } from './nodes.ts';
import { splitDocuments, type DocumentText, type Split } from './split.ts';
import { readNodes, type Value } from './values.ts';

/** A document that is not empty. */
export type ReadDocument = {
  readonly value: Value;
  readonly root: Node;
  /** The place of an offset that a node of this document has. */
  readonly locate: Locate;
};

/** Line and column of an offset in a document's text; without an offset, the file alone. */
export type Locate = (offset: number | undefined) => ResourceLocation;

/** What a file gave: its documents, and every problem found in it. */
export type ReadFile = {
  readonly documents: readonly ReadDocument[];
  readonly problems: readonly ResourceError[];
};

/** Reads the documents of a file. Never throws anything: what is wrong is in `problems`. */
export function readDocuments(file: string, bytes: Uint8Array): ReadFile {
  const split = splitDocuments(bytes);
  const locate = locatorOf(file, split);
  if (split.problem !== undefined) {
    const { message, offset } = split.problem;
    return { documents: [], problems: [new ResourceError('YAML_INVALID', message, locate(offset))] };
  }
  if (split.documents.length > resourceLimits.documents) {
    const message = `file has more than ${resourceLimits.documents} documents`;
    return { documents: [], problems: [new ResourceError('RESOURCE_LIMIT', message, { file })] };
  }
  const documents: ReadDocument[] = [];
  const problems: ResourceError[] = [];
  for (const part of split.documents) {
    const locateIn: Locate = (offset) => locate(offset === undefined ? undefined : part.offset + offset);
    try {
      documents.push(...readDocument(part, locateIn));
    } catch (error) {
      problems.push(...problemsOf(error, locateIn));
    }
  }
  return { documents, problems };
}

function locatorOf(file: string, { text }: Split): Locate {
  const lines = new LineCounter();
  let isCounted = false;
  return (offset) => {
    if (offset === undefined) return { file };
    if (!isCounted) {
      lines.addNewLine(0);
      for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
      isCounted = true;
    }
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
}

/** What YAML's own parser has found. */
class SyntaxProblems extends Error {
  readonly issues: Document.Parsed['errors'] | Document.Parsed['warnings'];

  constructor(issues: SyntaxProblems['issues']) {
    super('document is not valid');
    this.issues = issues;
  }
}

/** No document where the text has only comments, or null. */
function readDocument({ text, isJson }: DocumentText, locate: Locate): readonly ReadDocument[] {
  const [document, more] = parseYaml(text);
  const issues = document === undefined ? [] : [...document.errors, ...document.warnings.filter(isProblem)];
  if (issues.length > 0) throw new SyntaxProblems(issues);
  if (more !== undefined) {
    // kubectl leaves out what stands behind `...`, without a word.
    throw new NodeError('YAML_INVALID', 'text stands behind the end of the document', more);
  }
  const root = document?.contents ?? null;
  const value = root === null ? null : readNodes(root, isJson ? undefined : text);
  if (root === null || value === null) {
    inspectNothing(text);
    return [];
  }
  if (isJson && JSON.stringify(value) !== JSON.stringify(JSON.parse(text))) {
    throw new NodeError('YAML_INVALID', 'document is another one as JSON than as YAML', root);
  }
  return [{ value, root, locate }];
}

/** A closing bracket may stand under the key that it belongs to; warnings of tags are about values. */
function isProblem({ code }: Document.Parsed['warnings'][number]): boolean {
  return code !== 'BAD_INDENT';
}

/** @throws NodeError where kubectl does not find nothing */
function inspectNothing(text: string): void {
  const mark = /^\.\.\./mu.exec(text) ?? /^ *\t/mu.exec(text);
  if (mark === null) return;
  throw new NodeError('YAML_INVALID', 'document is empty, but not for kubectl', { range: [mark.index] });
}

function parseYaml(text: string): readonly Document.Parsed[] {
  const documents = parseAllDocuments(text, {
    schema: 'failsafe',
    customTags: [...kubernetesTags],
    // Merges and keys are read by rules of our own.
    merge: false,
    uniqueKeys: false,
    // `!!binary`, `!!timestamp` and the like would give values that JSON does not have.
    resolveKnownTags: false,
    strict: true,
    stringKeys: false,
    prettyErrors: false,
  });
  // It gives an "empty" marker object with no documents for empty input.
  return Array.isArray(documents) ? documents : [];
}

function problemsOf(error: unknown, locate: Locate): readonly ResourceError[] {
  if (error instanceof SyntaxProblems) {
    return error.issues.map(
      (issue) => new ResourceError('YAML_INVALID', describe(issue), locate(issue.pos[0])),
    );
  }
  if (error instanceof NodeError) return [new ResourceError(error.code, error.message, locate(error.offset))];
  // Neither its message nor a cause: they may quote the text.
  const name = error instanceof Error ? error.name : typeof error;
  return [new ResourceError('YAML_INVALID', `document can not be read (${name})`, locate(0))];
}

/** What the parser says, without the text that it quotes: that may be a Secret's value, and messages come into logs. */
function describe({ code, message }: SyntaxProblems['issues'][number]): string {
  if (code === 'TAG_RESOLVE_FAILED' || code === 'BAD_COLLECTION_TYPE') {
    return isScalarProblem(message) ? message : 'tag is not known; quote the text if it is none';
  }
  if (code === 'BAD_DQ_ESCAPE') return 'Invalid escape sequence in double quotes';
  if (code === 'BAD_SCALAR_START') return 'Plain value cannot start with a reserved character; quote it';
  return message.replace(/(?<=\S): .*$/su, '');
}
