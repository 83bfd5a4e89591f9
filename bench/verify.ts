// Verification: signatures and whole policies in process, against the bare signature checks that are in them; `sealift
// verify` against `cosign verify` of the same artifact in the same registry; and whether memory grows.
import crypto, { generateKeyPairSync, sign, verify } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parsePolicyFile } from '../src/operations/policy-file.ts';
import { parseSubject, type Authority } from '../src/signing/authority.ts';
import type { Candidates } from '../src/signing/candidates.ts';
import { parseVerifyKey } from '../src/signing/keys.ts';
import { parseTrustRoot } from '../src/signing/trust-root.ts';
import { assertAccepted, judge } from '../src/trust/judge.ts';
import { requirementsFor } from '../src/trust/policy.ts';
import { parseSourceUrl } from '../src/trust/source-url.ts';
import { matchSignatures } from '../src/trust/signatures.ts';
import { requireComponents } from '../test/components/locate.ts';
import { buildDist } from '../tools/build.ts';
import type { Report } from './report.ts';
import { withSigned, type Signed } from './signed.ts';
import { timeCalls, timeCommands, type Command, type Cost } from './timing.ts';

const floods = [1, 10, 100, 200] as const;
const processRuns = 15;
const leakCalls = 10_000;

export async function run(report: Report): Promise<void> {
  // Before minutes are spent.
  const { cosign } = await requireComponents(['cosign']);
  await withSigned(async (signed) => {
    await measureSignatures(signed, report);
    await measureMemory(signed, report);
    await measurePolicies(signed, report);
    await measureCommands(signed, cosign, report);
  });
}

type Call = () => unknown;

/** The bare signature checks that a call makes, to be made again without anything around them. */
function checksIn(call: Call): { readonly count: number; readonly replay: Call } {
  const checks: Parameters<typeof verify>[] = [];
  const original: unknown = Reflect.get(crypto, 'verify');
  if (typeof original !== 'function') throw new Error('node:crypto has no verify');
  // The libraries ask the module object at each check.
  const record = (...args: Parameters<typeof verify>): unknown => {
    checks.push(args);
    return Reflect.apply(original, crypto, args);
  };
  Reflect.set(crypto, 'verify', record);
  try {
    call();
  } finally {
    Reflect.set(crypto, 'verify', original);
  }
  return {
    count: checks.length,
    replay: () => {
      for (const check of checks) verify(...check);
    },
  };
}

/** One check of an ECDSA P-256 signature over a statement's size. */
function makeFloor(): Call {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const data = Buffer.alloc(400, 'x');
  const signature = sign('sha256', data, privateKey);
  return () => {
    if (!verify('sha256', data, publicKey, signature)) throw new Error('a good signature is refused');
  };
}

/** As they come from a registry: nothing that is remembered of the same bytes counts. */
function fresh(candidates: Candidates): Candidates {
  const found = candidates.found.map((one) => ({ ...one, bytes: Uint8Array.from(one.bytes) }));
  return { ...candidates, found };
}

type Calls = Readonly<Record<'key' | 'legacy' | 'keyless', Call>>;

async function verifyCalls({ field, sigstore, candidatesOf }: Signed): Promise<Calls> {
  const key: Authority = { name: 'release', key: parseVerifyKey(await field.read('release.pub')) };
  const keyless: Authority = {
    name: 'workflow',
    keyless: {
      issuer: sigstore.issuer,
      subject: parseSubject(sigstore.identity(), undefined),
      claims: {},
      root: parseTrustRoot(await field.read('root.json')),
      logThreshold: 1,
      timestampThreshold: 1,
    },
  };
  const callFor = (candidates: Candidates, authority: Authority): Call => {
    return () => matchSignatures(fresh(candidates), { authorities: [authority], threshold: 1 });
  };
  return {
    key: callFor(await candidatesOf('key'), key),
    legacy: callFor(await candidatesOf('legacy'), key),
    keyless: callFor(await candidatesOf('keyless'), keyless),
  };
}

const perSecond = (ms: number): string => (1000 / ms).toFixed(0);

async function measureSignatures(signed: Signed, report: Report): Promise<void> {
  const calls = await verifyCalls(signed);
  const checks = checksIn(calls.keyless);
  const times = timeCalls({ floor: makeFloor(), keylessFloor: checks.replay, ...calls });
  const { floor, keylessFloor } = times;
  const tell = (name: keyof Calls, what: string, floorMs: number, floorName: string): void => {
    const ms = times[name];
    report(
      name,
      `${what}: ${perSecond(ms)} verifications a second, ${(ms / floorMs).toFixed(1)} x ${floorName} (${perSecond(floorMs)} a second)`,
      { perSecond: 1000 / ms, floorPerSecond: 1000 / floorMs, ratio: ms / floorMs },
    );
  };
  tell('key', 'bundle by key', floor, 'one bare ECDSA P-256 check');
  tell('legacy', 'legacy signature by key', floor, 'one bare ECDSA P-256 check');
  tell(
    'keyless',
    'bundle by certificate, log entry and timestamp',
    keylessFloor,
    `its ${checks.count} bare checks`,
  );
}

type PolicyName = 'app-key' | 'app-keyless';

/** Judges as `verify --policy` does, with strangers' bundles beside what counts. */
async function judgeCall(
  { field, prefix, candidatesOf, flooded }: Signed,
  name: PolicyName,
  strangers: number,
): Promise<Call> {
  const file = `${name}.yaml`;
  const { policies, highest } = parsePolicyFile(file, Buffer.from(await field.read(file)));
  const url = parseSourceUrl(`oci://${prefix}/${name}`);
  const followed = { url, tag: 'production', namespace: 'default' };
  const candidates = await flooded(
    await candidatesOf(name),
    strangers,
    name === 'app-key' ? 'key' : 'identity',
  );
  return () => {
    const requirements = requirementsFor(policies, followed);
    const verdict = judge(requirements, fresh(candidates), {
      highest,
      nowMs: Date.now(),
      transforms: new Set(),
    });
    assertAccepted(verdict);
  };
}

async function measurePolicies(signed: Signed, report: Report): Promise<void> {
  for (const [name, what] of [
    ['app-key', 'policy with keys'],
    ['app-keyless', 'policy with identities'],
  ] as const) {
    const call = await judgeCall(signed, name, 0);
    const checks = checksIn(call);
    const { floor, alone } = timeCalls({ floor: checks.replay, alone: call });
    report(
      name,
      `${what}, promotion and an attestation with CEL: ${perSecond(alone)} judgements a second, ${(alone / floor).toFixed(1)} x their ${checks.count} bare checks (${perSecond(floor)} a second)`,
      { perSecond: 1000 / alone, floorPerSecond: 1000 / floor, checks: checks.count, ratio: alone / floor },
    );
    await measureFlood(signed, name, report);
  }
}

async function measureFlood(signed: Signed, name: PolicyName, report: Report): Promise<void> {
  const calls = await Promise.all(
    floods.map(async (count) => [`${count}`, await judgeCall(signed, name, count)] as const),
  );
  const subjects = { none: await judgeCall(signed, name, 0), ...Object.fromEntries(calls) };
  const times = new Map(Object.entries(timeCalls<string>(subjects, { rounds: 3 })));
  const msOf = (count: number | 'none'): number => times.get(`${count}`) ?? Number.NaN;
  const most = Math.max(...floods);
  const ratio = (msOf(most) - msOf('none')) / most / msOf('none');
  report(
    `${name}-flood`,
    `  among bundles of strangers: ${floods.map((count) => `${count}: ${msOf(count).toFixed(1)} ms`).join(', ')}; each costs ${ratio.toFixed(2)} x the judgement without any (${msOf('none').toFixed(1)} ms)`,
    { ...Object.fromEntries(floods.map((count) => [`strangers${count}Ms`, msOf(count)])), ratio },
  );
}

async function measureCommands(
  { field, sigstore, prefix }: Signed,
  cosign: string,
  report: Report,
): Promise<void> {
  const dist = field.path('dist');
  await buildDist(dist, ['sealift.js']);
  // As in the package: without it node would find out by a first, failing parse.
  await field.write('dist/package.json', { type: 'module' });
  const node = process.execPath;
  const sealift = (...args: readonly string[]): Command => ({
    path: node,
    args: [`${dist}/sealift.js`, 'verify', ...args],
  });
  const identity = [
    `--certificate-identity=${sigstore.identity()}`,
    `--certificate-oidc-issuer=${sigstore.issuer}`,
    '--trusted-root=root.json',
  ];
  const peer = (...args: readonly string[]): Command => ({ path: cosign, args: ['verify', ...args] });
  const costs = await timeCommands(
    {
      node: { path: node, args: ['--eval', ''] },
      'sealift key': sealift(`oci://${prefix}/key:production`, '--verify-key', 'release.pub'),
      'cosign key': peer('--key', 'release.pub', '--insecure-ignore-tlog', `${prefix}/key:production`),
      'sealift keyless': sealift(`oci://${prefix}/keyless:production`, ...identity),
      'cosign keyless': peer(...identity, `${prefix}/keyless:production`),
    },
    { runs: processRuns, cwd: field.cwd },
  );
  const words = ({ ms, peakMiB }: Cost): string => `${ms.toFixed(0)} ms and ${peakMiB.toFixed(0)} MiB`;
  for (const [name, what] of [
    ['key', 'by key'],
    ['keyless', 'by identity'],
  ] as const) {
    const [ours, theirs] = [costs[`sealift ${name}`], costs[`cosign ${name}`]];
    report(
      `command-${name}`,
      `sealift verify ${what}: ${words(ours)} at the most, ${(ours.ms / theirs.ms).toFixed(2)} x the time and ${(ours.peakMiB / theirs.peakMiB).toFixed(2)} x the memory of cosign verify (${words(theirs)}); node alone ${words(costs.node)}; the command is bundled from these sources`,
      {
        ms: ours.ms,
        peakMiB: ours.peakMiB,
        cosignMs: theirs.ms,
        cosignPeakMiB: theirs.peakMiB,
        nodeMs: costs.node.ms,
        nodePeakMiB: costs.node.peakMiB,
        ratio: ours.ms / theirs.ms,
        memoryRatio: ours.peakMiB / theirs.peakMiB,
      },
    );
  }
}

/** Memory after garbage collection, before and after many verifications of each kind. */
async function measureMemory(signed: Signed, report: Report): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') throw new Error('garbage can not be collected on demand');
  const calls = await verifyCalls(signed);
  const use = (): { readonly rss: number; readonly heap: number } => {
    for (let pass = 0; pass < 3; pass += 1) Reflect.apply(collect, undefined, []);
    const { rss, heapUsed, external } = process.memoryUsage();
    return { rss: rss / 2 ** 20, heap: (heapUsed + external) / 2 ** 20 };
  };
  for (const [name, call] of Object.entries(calls)) {
    for (let count = 0; count < leakCalls / 10; count += 1) call();
    const before = use();
    for (let count = 0; count < leakCalls; count += 1) call();
    const after = use();
    const [rss, heap] = [after.rss - before.rss, after.heap - before.heap];
    report(
      `memory-${name}`,
      `memory after ${leakCalls} x ${name}: RSS ${rss >= 0 ? '+' : ''}${rss.toFixed(1)} MiB of ${before.rss.toFixed(0)}, heap ${heap >= 0 ? '+' : ''}${heap.toFixed(2)} MiB of ${before.heap.toFixed(0)}`,
      { calls: leakCalls, rssBeforeMiB: before.rss, rssGrowthMiB: rss, heapGrowthMiB: heap },
    );
  }
}
