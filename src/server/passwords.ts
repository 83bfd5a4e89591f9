// Checks passwords against bcrypt hashes. That is slow by design, so it is done once for a password that is right, for
// one at a time, and for not too many that wait, few of them from one address; an unknown name takes as long as a known one.
import { compare } from 'bcryptjs';
import { createHmac, randomBytes } from 'node:crypto';
import { serverLimits } from '../limits.ts';
import type { Accounts } from './htpasswd.ts';

export type Login = { readonly name: string; readonly password: string };

export type Passwords = {
  /**
   * Whether the login is that of an account; `busy` where too many checks wait.
   * @param address where it comes from
   */
  check(accounts: Accounts, login: Login, address: string): Promise<boolean | 'busy'>;
};

/** A hash that no password is known for; its cost is that of a real one. */
function decoyOf(accounts: Accounts): string {
  const [first = ''] = accounts.values();
  return `${first.slice(0, '$2b$00$'.length)}${'.'.repeat(53)}`;
}

export function createPasswords(): Passwords {
  // Passwords are remembered only under a key that lives and dies with the process.
  const secret = randomBytes(32);
  const right = new Set<string>();
  const underWay = new Map<string, Promise<boolean>>();
  /** How many of them each address has started. */
  const startedBy = new Map<string, number>();
  let last: Promise<unknown> = Promise.resolve();

  function remember(name: string): void {
    for (const oldest of right) {
      if (right.size < serverLimits.passwords) break;
      right.delete(oldest);
    }
    right.add(name);
  }

  async function compareSlowly(password: string, hash: string): Promise<boolean> {
    const before = last;
    const work = before.then(() => compare(password, hash));
    last = work.catch(() => undefined);
    return work;
  }

  /** Undefined where too many are under way. */
  function start(
    key: string,
    address: string,
    compareIt: () => Promise<boolean>,
  ): Promise<boolean> | undefined {
    const started = startedBy.get(address) ?? 0;
    if (underWay.size >= serverLimits.passwordChecks || started >= serverLimits.passwordChecksOfAddress)
      return undefined;
    startedBy.set(address, started + 1);
    const work = compareIt().finally(() => {
      underWay.delete(key);
      const left = (startedBy.get(address) ?? 1) - 1;
      if (left === 0) startedBy.delete(address);
      else startedBy.set(address, left);
    });
    underWay.set(key, work);
    return work;
  }

  return {
    async check(accounts, { name, password }, address) {
      // bcrypt would take whatever stands behind these bytes for right.
      if (Buffer.byteLength(password) > serverLimits.passwordBytes) return false;
      const known = accounts.get(name);
      const hash = known ?? decoyOf(accounts);
      // A changed hash is another key: nothing has to be forgotten when accounts change.
      const key = createHmac('sha256', secret)
        .update(JSON.stringify([hash, password]))
        .digest('base64');
      if (right.has(key)) return true;
      const work = underWay.get(key) ?? start(key, address, () => compareSlowly(password, hash));
      if (work === undefined) return 'busy';
      const isRight = (await work) && known !== undefined;
      if (isRight) remember(key);
      return isRight;
    },
  };
}
