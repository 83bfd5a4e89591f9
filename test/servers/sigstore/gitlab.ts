// A GitLab as Fulcio sees one: the issuer `https://gitlab.example` with the tokens of its CI jobs, at a name that only the
// proxy knows which Fulcio is started with.
import type { Authority } from './certificates.ts';
import type { Listening } from './loopback.ts';
import { startForwardProxy } from '../forward-proxy.ts';
import { startIssuer, type StandardClaims } from './token-issuer.ts';

export const gitLabUrl = 'https://gitlab.example';
const commit = 'decade'.padEnd(40, '0');

/** What a token says of the job that has it. https://docs.gitlab.com/ci/secrets/id_token_authentication/ */
export const gitLabClaims = {
  iss: gitLabUrl,
  sub: 'project_path:acme/shop:ref_type:branch:ref:main',
  namespace_id: '72',
  namespace_path: 'acme',
  project_id: '20',
  project_path: 'acme/shop',
  project_visibility: 'private',
  user_id: '1',
  user_login: 'example-user',
  user_email: 'user@gitlab.example',
  pipeline_id: '574',
  pipeline_source: 'push',
  job_id: '302',
  ref: 'main',
  ref_type: 'branch',
  ref_path: 'refs/heads/main',
  ref_protected: 'true',
  environment: 'production',
  environment_protected: 'true',
  deployment_tier: 'production',
  runner_id: 1,
  runner_environment: 'self-hosted',
  sha: commit,
  ci_config_ref_uri: 'gitlab.example/acme/shop//.gitlab-ci.yml@refs/heads/main',
  ci_config_sha: commit,
} as const;

export type GitLabClaims = Omit<StandardClaims, 'iss' | 'sub'> & {
  readonly [name in keyof typeof gitLabClaims]: (typeof gitLabClaims)[name] extends number
    ? number
    : // Undefined is a claim that the token does not have.
      string | undefined;
};

export type GitLab = Listening & {
  /** What a job finds in the variable of `id_tokens` whose audience is `sigstore`. */
  token(claims?: Partial<GitLabClaims>): string;
  /** `HTTPS_PROXY` of whoever is to reach it. */
  readonly proxyUrl: string;
};

/** @param server certificate for `gitlab.example` */
export async function startGitLab(server: Authority): Promise<GitLab> {
  const issuer = await startIssuer<GitLabClaims>(server, gitLabClaims);
  const stops: (() => unknown)[] = [];
  const proxy = await startForwardProxy(
    { after: (stop: () => unknown) => void stops.push(stop) },
    { ports: { 443: Number(new URL(issuer.url).port) } },
  );
  return {
    url: issuer.url,
    token: (claims) => issuer.token(claims),
    proxyUrl: `http://${proxy.host}`,
    stop: async () => {
      for (const stop of stops) await stop();
      await issuer.stop();
    },
  };
}

/** What the public Fulcio says about GitLab's tokens, for this GitLab. */
export function gitLabProvider(): object {
  return {
    'default-template-values': { url: gitLabUrl, environment: '' },
    'subject-alternative-name-template': 'https://{{ .ci_config_ref_uri }}',
    'extension-templates': {
      'build-signer-uri': 'https://{{ .ci_config_ref_uri }}',
      'build-signer-digest': 'ci_config_sha',
      'runner-environment': 'runner_environment',
      'source-repository-uri': '{{ .url }}/{{ .project_path }}',
      'source-repository-digest': 'sha',
      'source-repository-ref': 'refs/{{if eq .ref_type "branch"}}heads/{{ else }}tags/{{end}}{{ .ref }}',
      'source-repository-identifier': 'project_id',
      'source-repository-owner-uri': '{{ .url }}/{{ .namespace_path }}',
      'source-repository-owner-identifier': 'namespace_id',
      'source-repository-visibility-at-signing': 'project_visibility',
      'build-config-uri': 'https://{{ .ci_config_ref_uri }}',
      'build-config-digest': 'ci_config_sha',
      'build-trigger': 'pipeline_source',
      'run-invocation-uri': '{{ .url }}/{{ .project_path }}/-/jobs/{{ .job_id }}',
      'deployment-environment': 'environment',
    },
  };
}
