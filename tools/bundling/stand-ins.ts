// What takes the place of modules that would cost every start something and give nothing.
import type { Plugin } from 'rolldown';

type StandIn = {
  readonly specifier: RegExp;
  /** Files that get it; all by default. */
  readonly importer?: RegExp;
  readonly code: string;
};

const standIns: Readonly<Record<string, StandIn>> = {
  // An import of `node:http` reads all its members, and one of them, WebSocket, loads the HTTP client behind `fetch`: 25 ms.
  'node-http': {
    specifier: /^(?:node:)?http$/u,
    code: `const http = process.getBuiltinModule('node:http');
export default http;
export const { Agent, METHODS, STATUS_CODES, createServer, globalAgent, request } = http;
`,
  },
  // For requests by the library itself: src/kube makes its own, and only has the library read kubeconfig files. 1.2 MB.
  'kubernetes-undici': {
    specifier: /^undici$/u,
    importer: /\/node_modules\/@kubernetes\/client-node\//u,
    code: `const missing = () => { throw new Error('the HTTP client of @kubernetes/client-node is not in this file'); };
export const fetch = missing;
export class Agent { constructor() { missing(); } }
export class ProxyAgent { constructor() { missing(); } }
`,
  },
};

/** Puts them in place. A member that is not listed above fails the build. */
export function useStandIns(): Plugin {
  return {
    name: 'stand-ins',
    resolveId(specifier, importer, { kind }) {
      // What requires a module may look for any member of it, and gets the module itself.
      if (kind === 'require-call') return undefined;
      const found = Object.entries(standIns).find(
        ([, standIn]) =>
          standIn.specifier.test(specifier) && (standIn.importer?.test(importer ?? '') ?? true),
      );
      return found && `\0${found[0]}`;
    },
    load(id) {
      const code = id.startsWith('\0') ? standIns[id.slice(1)]?.code : undefined;
      return code === undefined ? undefined : { code, moduleSideEffects: false };
    },
  };
}
