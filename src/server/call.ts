// One request as endpoints see it: routed, its names checked.
import type { IncomingMessage } from 'node:http';
import type { Answer } from './answers.ts';

export type Call = {
  readonly request: IncomingMessage;
  readonly query: URLSearchParams;
  /** Name of the repository, checked; empty where the path has none. */
  readonly repository: string;
  /** Last part of the path: a tag, a digest or an upload's name, unchecked. */
  readonly reference: string;
};

/** The methods of one path; HEAD is answered as GET without its body. */
export type Endpoint = Partial<
  Readonly<Record<'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE', (call: Call) => Promise<Answer>>>
>;
