// Commands to copy that verify what was published, with the real identity: every word is quoted for a shell, and the
// block is fenced so that nothing in it ends it.
import { fencedBlock } from '../../src/plan/markdown.ts';
import type { Certified } from '../shared/open-signer.ts';
import type { Outcome } from './outputs.ts';

/** What the commands have to know beside the outcome. */
export type VerifyFacts = {
  readonly plainHttp: boolean;
  /** As the input names the file. */
  readonly trustedRoot: string;
  /** Whether the signature carries the proof of a log. */
  readonly isLogged: boolean;
};

/** How to verify, as markdown; empty where nothing was signed. */
export function renderCommands(
  { reference, digest, signed }: Outcome,
  facts: VerifyFacts,
): readonly string[] {
  if (signed === undefined) return [];
  const ref = `${reference.registry}/${reference.repository}@${digest}`;
  const { identity } = signed;
  const { sealift, cosign } = identity === undefined ? keyFlags : identityFlags(identity, facts);
  const [ours, theirs] = facts.plainHttp ? ['--plain-http', '--allow-http-registry'] : [];
  const commands = [
    ['sealift', 'verify', ref, ...sealift, ...(ours === undefined ? [] : [ours])],
    ['cosign', 'verify', ...cosign, ...(theirs === undefined ? [] : [theirs]), ref],
  ].map((words) => words.map(quote).join(' '));
  return [
    `Verify it ${identity === undefined ? 'with the public key' : 'by its identity'}:`,
    '',
    fencedBlock(commands.join('\n'), 'sh'),
    '',
  ];
}

type Flags = { readonly sealift: readonly string[]; readonly cosign: readonly string[] };

const keyFlags: Flags = {
  sealift: ['--verify-key', 'sealift.pub'],
  cosign: ['--key', 'sealift.pub', '--insecure-ignore-tlog'],
};

function identityFlags({ subject, issuer }: Certified, { trustedRoot, isLogged }: VerifyFacts): Flags {
  const who = [`--certificate-identity=${subject}`, `--certificate-oidc-issuer=${issuer}`];
  const root = `--trusted-root=${trustedRoot === '' ? 'trusted_root.json' : trustedRoot}`;
  return {
    sealift: [...who, root],
    cosign: [
      ...who,
      // cosign fetches the public instance's root itself.
      ...(trustedRoot === '' ? [] : [root]),
      ...(isLogged ? [] : ['--insecure-ignore-tlog', '--use-signed-timestamps']),
    ],
  };
}

/** A word that no shell reads anything into. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
