// Who may do what: with accounts, every request needs a login by Basic authentication (RFC 7617), save pulls where they
// are open to all. `/v2/` always asks for one, since that is where clients find out that they have to log in.
import type { IncomingMessage } from 'node:http';
import { refuse, type Answer } from './answers.ts';
import { parseHtpasswd } from './htpasswd.ts';
import { createPasswords, type Login } from './passwords.ts';
import { watchFiles, type WatchOptions } from './watched-files.ts';

export type AccountOptions = {
  /** Name of an htpasswd file with hashes of bcrypt. */
  readonly htpasswd: string;
  /** Whether pulls need no login. */
  readonly anonymousPull?: boolean;
};

export type Access = {
  /** Why a request is not let in; undefined where it is. */
  refuse(request: IncomingMessage): Promise<Answer | undefined>;
};

const BASIC = /^basic +(?<credentials>[A-Za-z0-9+/]+={0,2})$/iu;

/**
 * Reads the accounts, and again where they change.
 * @throws InputError `FILE_UNREADABLE`, `INPUT_INVALID`
 */
export async function createAccess(
  { htpasswd, anonymousPull = false }: AccountOptions,
  watching: Pick<WatchOptions<unknown>, 'startTimer' | 'onProblem'>,
): Promise<Access> {
  const accounts = await watchFiles({
    ...watching,
    paths: [htpasswd],
    parse: ([file = Buffer.of()]) => parseHtpasswd(file.toString('utf8')),
  });
  const passwords = createPasswords();
  return {
    async refuse(request) {
      const { authorization } = request.headers;
      if (authorization === undefined) {
        return anonymousPull && isPull(request) ? undefined : unauthorized('log-in is required');
      }
      const login = parseLogin(authorization);
      if (login === undefined) return unauthorized('log-in is not by user name and password');
      const isRight = await passwords.check(
        await accounts.current(),
        login,
        request.socket.remoteAddress ?? '',
      );
      if (isRight === 'busy') return busy;
      return isRight ? undefined : unauthorized('user name or password is wrong');
    },
  };
}

function parseLogin(authorization: string): Login | undefined {
  const credentials = BASIC.exec(authorization.trim())?.groups?.['credentials'];
  if (credentials === undefined) return undefined;
  const text = Buffer.from(credentials, 'base64').toString('utf8');
  const separator = text.indexOf(':');
  return separator < 0 ? undefined : { name: text.slice(0, separator), password: text.slice(separator + 1) };
}

function isPull({ method, url = '' }: IncomingMessage): boolean {
  const [path = ''] = url.split('?', 1);
  return (method === 'GET' || method === 'HEAD') && path !== '/v2' && path !== '/v2/';
}

function unauthorized(message: string): Answer {
  return refuse({
    status: 401,
    code: 'UNAUTHORIZED',
    message,
    headers: { 'WWW-Authenticate': 'Basic realm="sealift", charset="UTF-8"' },
  });
}

const busy = refuse({
  status: 429,
  code: 'TOOMANYREQUESTS',
  message: 'too many log-ins wait to be checked',
  headers: { 'Retry-After': '1' },
});
