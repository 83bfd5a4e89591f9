import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { InputError } from '../../../src/errors.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';
import { provenanceOf, type ProvenanceFacts } from '../../../src/operations/provenance.ts';

const facts: ProvenanceFacts = {
  path: 'manifests',
  files: 3,
  repository: 'registry.example.org/config/app',
  tags: ['1.0'],
  annotations: { team: 'a' },
  env: { SECRET: 'do not tell' },
  startedMs: Date.parse('2026-05-01T12:00:00.999Z'),
  finishedMs: Date.parse('2026-05-01T12:00:05Z'),
};
const commit = 'c0ffee'.padEnd(40, '0');

const github = {
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_WORKFLOW_REF: 'example-org/app/.github/workflows/release.yml@refs/heads/main',
  GITHUB_REPOSITORY: 'example-org/app',
  GITHUB_RUN_ID: '7',
  GITHUB_RUN_ATTEMPT: '2',
  GITHUB_EVENT_NAME: 'push',
  GITHUB_REF: 'refs/heads/main',
  GITHUB_SHA: commit,
  GITHUB_TOKEN: 'do not tell',
  RUNNER_ENVIRONMENT: 'github-hosted',
};

suite('provenance', () => {
  test('outside of GitHub Actions', () => {
    assert.deepEqual(provenanceOf(facts), {
      predicateType: 'https://slsa.dev/provenance/v1',
      isOncePerArtifact: true,
      predicate: {
        buildDefinition: {
          buildType: 'https://sealift.dev/push/v1',
          externalParameters: {
            path: 'manifests',
            repository: 'registry.example.org/config/app',
            tags: ['1.0'],
            annotations: { team: 'a' },
          },
          internalParameters: { files: 3 },
          resolvedDependencies: [],
        },
        runDetails: {
          builder: { id: 'https://sealift.dev/cli' },
          metadata: { startedOn: '2026-05-01T12:00:00Z', finishedOn: '2026-05-01T12:00:05Z' },
        },
      },
    });
  });

  test('in a job names workflow and run, and nothing of the rest of the environment', () => {
    const { predicate } = provenanceOf({ ...facts, env: github });
    const text = JSON.stringify(predicate);
    assert.match(
      text,
      /"id":"https:\/\/github\.com\/example-org\/app\/\.github\/workflows\/release\.yml@refs\/heads\/main"/u,
    );
    assert.match(
      text,
      /"invocationId":"https:\/\/github\.com\/example-org\/app\/actions\/runs\/7\/attempts\/2"/u,
    );
    const { buildDefinition } = JSON.parse(text);
    assert.deepEqual(buildDefinition.internalParameters, {
      files: 3,
      github: {
        event_name: 'push',
        workflow_ref: github.GITHUB_WORKFLOW_REF,
        ref: 'refs/heads/main',
        sha: commit,
        runner_environment: 'github-hosted',
      },
    });
    assert.ok(!text.includes('do not tell'));
  });

  const strange: readonly (readonly [keyof typeof github, string])[] = [
    ['GITHUB_SERVER_URL', 'https://user:secret@github.com'],
    ['GITHUB_SERVER_URL', 'https://github.com/path'],
    ['GITHUB_SERVER_URL', 'javascript:alert(1)'],
    ['GITHUB_WORKFLOW_REF', 'release.yml'],
    ['GITHUB_WORKFLOW_REF', `${github.GITHUB_WORKFLOW_REF}\nx`],
    ['GITHUB_WORKFLOW_REF', `a/b/${'c'.repeat(3000)}@refs/heads/main`],
    ['GITHUB_REPOSITORY', 'a/b/c'],
    ['GITHUB_REPOSITORY', 'a/b?c'],
    ['GITHUB_RUN_ID', '7/../8'],
    ['GITHUB_RUN_ATTEMPT', 'x'],
    ['GITHUB_EVENT_NAME', 'push to main'],
    ['GITHUB_REF', 'main'],
    ['GITHUB_SHA', 'c0ffee'],
    ['RUNNER_ENVIRONMENT', '{"a":1}'],
  ];
  for (const [name, value] of strange) {
    test(`does not attest ${name} ${JSON.stringify(value.slice(0, 40))}`, () => {
      assertThrowsWithCode(
        () => provenanceOf({ ...facts, env: { ...github, [name]: value } }),
        InputError,
        'INPUT_INVALID',
      );
    });
  }

  const dependencies: readonly (readonly [string | undefined, string | undefined, unknown])[] = [
    ['https://h/app', `main@sha1:${commit}`, [{ uri: 'git+https://h/app', digest: { gitCommit: commit } }]],
    ['https://h/app.git', commit, [{ uri: 'git+https://h/app.git', digest: { gitCommit: commit } }]],
    ['git+https://h/app', commit, [{ uri: 'git+https://h/app', digest: { gitCommit: commit } }]],
    ['https://h/app', 'v1.0', [{ uri: 'https://h/app' }]],
    ['https://h/app', `x${commit}`, [{ uri: 'https://h/app' }]],
    ['https://h/app', undefined, [{ uri: 'https://h/app' }]],
    [undefined, commit, []],
    ['', commit, []],
  ];
  for (const [source, revision, expected] of dependencies) {
    test(`depends on ${source} at ${revision}`, () => {
      const { predicate } = provenanceOf({ ...facts, source, revision });
      // Read back as a verifier reads it.
      const { buildDefinition } = JSON.parse(JSON.stringify(predicate));
      assert.deepEqual(buildDefinition.resolvedDependencies, expected);
    });
  }
});
