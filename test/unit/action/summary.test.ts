// The job summary against golden text, its escapes and its budget.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outcome } from '../../../action/publish/outputs.ts';
import {
  renderFailure,
  renderSummary,
  summaryBytes,
  type SummaryFacts,
} from '../../../action/publish/summary.ts';
import { FailuresError, InputError, PromotionError, ResourceError } from '../../../src/errors.ts';

const digest = `sha256:${'4f'.repeat(32)}` as const;
const signatureDigest = `sha256:${'9c'.repeat(32)}` as const;
const provenanceDigest = `sha256:${'7e'.repeat(32)}` as const;
const outcome: Outcome = {
  reference: { registry: 'registry.example', repository: 'config/app' },
  digest,
  tags: ['v1.2.3', 'v1.2'],
  isChanged: true,
  signed: {
    identity: undefined,
    signatureDigest,
    provenanceDigest,
    bundlePath: undefined,
    logIndex: undefined,
    signedAt: undefined,
  },
  resources: ['Deployment.apps shop/web', 'Service shop/web', 'Service shop/api'],
  size: 1234,
};
const facts: SummaryFacts = {
  outcome,
  revision: 'main@sha1:1a2b3c4d',
  commitUrl: 'https://github.example/org/app/commit/1a2b3c4d',
  isDryRun: false,
  verifying: { plainHttp: false, trustedRoot: '', isLogged: false },
};

test('published', () => {
  assert.equal(
    renderSummary(facts),
    `### Published app @ v1.2.3

| | |
| --- | --- |
| Reference | <code>registry.example/config/app@${digest}</code> |
| Digest | <code>${digest}</code> |
| Tags | <code>v1.2.3</code>, <code>v1.2</code> |
| Size | 1234 bytes |
| Objects | 3: 2 Service, 1 Deployment.apps |
| Signature | <code>${signatureDigest}</code> |
| Provenance | <code>${provenanceDigest}</code> |
| Revision | <a href="https://github.example/org/app/commit/1a2b3c4d"><code>main@sha1:1a2b3c4d</code></a> |

Verify it with the public key:

\`\`\`sh
sealift verify registry.example/config/app@${digest} --verify-key sealift.pub
cosign verify --key sealift.pub --insecure-ignore-tlog registry.example/config/app@${digest}
\`\`\`

<details><summary>3 objects</summary>

- <code>Deployment.apps shop/web</code>
- <code>Service shop/web</code>
- <code>Service shop/api</code>

</details>
`,
  );
});

test('unchanged, over plain HTTP', () => {
  const verifying = { ...facts.verifying, plainHttp: true };
  const text = renderSummary({ ...facts, verifying, outcome: { ...outcome, isChanged: false } });
  assert.match(
    text,
    /^### Unchanged: app @ v1\.2\.3\n\nNothing has changed: every tag showed this digest already\.\n/u,
  );
  assert.match(text, /--verify-key sealift\.pub --plain-http\n/u);
  assert.match(text, /--allow-http-registry registry/u);
});

test('a dry run has neither signature nor commands', () => {
  const dry = { ...outcome, isChanged: false, signed: undefined };
  const text = renderSummary({ ...facts, isDryRun: true, outcome: dry });
  assert.match(text, /^### Dry run of app @ v1\.2\.3\n/u);
  assert.match(text, /Nothing was pushed or signed\./u);
  assert.doesNotMatch(text, /Signature|cosign|Nothing has changed/u);
});

const workflow = 'https://github.example/org/app/.github/workflows/release.yml@refs/heads/main';
const issuer = 'https://token.actions.githubusercontent.com';

function signedAs(subject: string): Outcome {
  const signed = { identity: { subject, issuer }, signatureDigest, provenanceDigest };
  const found = { bundlePath: '/x', logIndex: '42', signedAt: '2026-01-02T03:04:05Z' };
  return { ...outcome, signed: { ...signed, ...found } };
}

test('signed by an identity', () => {
  const text = renderSummary({ ...facts, outcome: signedAs(workflow) });
  for (const row of [
    '| Signed as | <code>https://github.example/org/app/.github/workflows/release.yml@refs/heads/main</code> |',
    '| Issuer | <code>https://token.actions.githubusercontent.com</code> |',
    '| Log index | <code>42</code> |',
    '| Timestamp | <code>2026-01-02T03:04:05Z</code> |',
  ]) {
    assert.ok(text.includes(`\n${row}\n`), text);
  }
  const who = `--certificate-identity=${workflow} --certificate-oidc-issuer=${issuer}`;
  const ref = `registry.example/config/app@${digest}`;
  const noLog = '--insecure-ignore-tlog --use-signed-timestamps';
  assert.ok(
    text.includes(`
Verify it by its identity:

\`\`\`sh
sealift verify ${ref} ${who} --trusted-root=trusted_root.json
cosign verify ${who} ${noLog} ${ref}
\`\`\`
`),
    text,
  );
  const own = { plainHttp: true, trustedRoot: 'my root.json', isLogged: true };
  const other = renderSummary({ ...facts, verifying: own, outcome: signedAs(workflow) });
  const root = `'--trusted-root=my root.json'`;
  assert.ok(other.includes(`sealift verify ${ref} ${who} ${root} --plain-http\n`), other);
  assert.ok(other.includes(`cosign verify ${who} ${root} --allow-http-registry ${ref}\n`), other);
});

test('an identity from outside is one quoted word of the commands, and ends no block', () => {
  const subject = "x'; rm -rf / #`$(id)`\n```\n### heading ``` @a <b>";
  const text = renderSummary({ ...facts, outcome: signedAs(subject) });
  assert.match(text, /^\| Signed as \| <code>x&#39;; rm -rf \/ &#35;&#96;&#36;\(id\)&#96; /mu);
  const command = /^(?<fence>`{4,})sh\n(?<body>[\s\S]*?)\n\k<fence>$/mu.exec(text)?.groups?.['body'] ?? '';
  assert.match(command, /^sealift verify \S+ '--certificate-identity=x'\\''; rm -rf \/ #`\$\(id\)`/u);
  assert.ok(!command.includes("x';"));
});

test('nothing signed is said so', () => {
  const text = renderSummary({ ...facts, outcome: { ...outcome, signed: undefined } });
  assert.match(text, /\*\*Nothing was signed\*\*/u);
  assert.doesNotMatch(text, /cosign|Signature/u);
});

test('no text from outside is markup', () => {
  const hostile = 'X <b>|`*_[a](b)\n### ~~$x$ \\| @a & "';
  const text = renderSummary({
    ...facts,
    revision: hostile,
    commitUrl: undefined,
    outcome: { ...outcome, resources: [hostile] },
  });
  assert.ok(!text.includes('<b>'));
  assert.equal(text.split('\n').filter((line) => line.startsWith('#')).length, 1);
  const row = text.split('\n').find((line) => line.startsWith('| Revision'));
  assert.equal(
    row,
    '| Revision | <code>X &#60;b&#62;&#124;&#96;&#42;&#95;&#91;a&#93;(b) &#35;&#35;&#35; &#126;&#126;&#36;x&#36; ' +
      '&#92;&#124; @a &#38; &#34;</code> |',
  );
});

test('the list is cut at the budget and says how much is missing', () => {
  const resources = Array.from({ length: 20_000 }, (_, index) => `ConfigMap some-namespace/name-${index}`);
  const text = renderSummary({ ...facts, outcome: { ...outcome, resources } });
  assert.ok(Buffer.byteLength(text) <= summaryBytes);
  assert.ok(Buffer.byteLength(text) > summaryBytes - 200);
  const listed = text.split('\n').filter((line) => line.startsWith('- <code>')).length;
  assert.match(text, new RegExp(`\\n- ${20_000 - listed} more\\n\\n</details>\\n$`, 'u'));
  assert.match(text, /\| Objects \| 20000: 20000 ConfigMap \|/u);
});

test('many tags and kinds are cut', () => {
  const tags = Array.from({ length: 25 }, (_, index) => `v${index}`);
  const resources = Array.from({ length: 40 }, (_, index) => `Kind${index} x`);
  const text = renderSummary({ ...facts, outcome: { ...outcome, tags, resources } });
  assert.match(text, /<code>v19<\/code> and 5 more \|/u);
  assert.match(text, / and 10 more \|/u);
});

test('a failure has its code, its hint and its causes', () => {
  const cause = new TypeError('because <of> this');
  const error = new PromotionError('TAG_EXISTS', 'tag v1 shows another', { hint: 'Choose another.', cause });
  assert.equal(
    renderFailure(error),
    `### Nothing was published

- **Tag is taken (TAG&#95;EXISTS)**: tag v1 shows another
  <br>Choose another.
  <br>caused by: because &#60;of&#62; this
`,
  );
});

test('failures are bounded', () => {
  const problems = Array.from(
    { length: 5000 },
    (_, index) => new ResourceError('RESOURCE_INVALID', '<'.repeat(900), { file: `f${index}.yaml` }),
  );
  const first = new InputError('INPUT_INVALID', 'first');
  const text = renderFailure(new FailuresError([first, ...problems], 'many'));
  assert.ok(Buffer.byteLength(text) <= summaryBytes);
  assert.match(text, /first\n/u);
});
