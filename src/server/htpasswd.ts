// Accounts in an htpasswd file, as `htpasswd -B` writes it and docker's registry reads it: NAME:HASH, one a line, every
// hash of bcrypt. Weaker ones are refused, and so is what would take too long to check.
import { InputError } from '../errors.ts';
import { serverLimits } from '../limits.ts';

/** Hashes by user name. */
export type Accounts = ReadonlyMap<string, string>;

const BCRYPT = /^\$2[aby]\$(?<cost>\d{2})\$[./A-Za-z0-9]{53}$/u;
const MIN_COST = 4;

/**
 * Reads the text of an htpasswd file.
 * @throws InputError `INPUT_INVALID`; hashes stand in no message
 */
export function parseHtpasswd(text: string): Accounts {
  const accounts = new Map<string, string>();
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const separator = line.indexOf(':');
    const name = line.slice(0, Math.max(0, separator));
    const hash = line.slice(separator + 1);
    const fault = findFault(accounts, name, hash);
    if (fault !== undefined) {
      throw new InputError('INPUT_INVALID', `accounts are not valid: line ${index + 1} ${fault}`, {
        hint: 'Write accounts with `htpasswd -B`.',
      });
    }
    accounts.set(name, hash);
  }
  if (accounts.size === 0) throw new InputError('INPUT_INVALID', 'accounts are not valid: there are none');
  return accounts;
}

function findFault(accounts: Accounts, name: string, hash: string): string | undefined {
  if (name === '') return 'is not NAME:HASH';
  if (accounts.has(name)) return `names ${JSON.stringify(name)} again`;
  if (accounts.size >= serverLimits.accounts) return `is beyond ${serverLimits.accounts} accounts`;
  const cost = Number(BCRYPT.exec(hash)?.groups?.['cost']);
  if (Number.isNaN(cost)) return 'has no hash of bcrypt';
  if (cost >= MIN_COST && cost <= serverLimits.passwordCost) return undefined;
  return `has cost ${cost}, not ${MIN_COST} to ${serverLimits.passwordCost}`;
}
