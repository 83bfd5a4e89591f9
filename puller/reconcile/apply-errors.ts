// Refusals of the API server in words that say which object, which field or webhook, and what to do next. Conditions
// show messages alone, so the next step is part of them.
import { ApplyError, KubeError, type ApplyCode } from '../../src/errors.ts';
import { formatIdentity } from '../../src/resources/resource.ts';
import type { Desired } from './desired.ts';

type Explained = { readonly code: ApplyCode; readonly text: string; readonly isRetryable?: boolean };

/** A refusal of one object. */
export function toApplyError(desired: Desired, error: KubeError): ApplyError {
  const resource = formatIdentity(desired.identity);
  const { code, text, isRetryable } = explain(desired, error);
  return new ApplyError(code, `${resource}: ${text}`, resource, {
    cause: error,
    retryable: isRetryable ?? error.retryable,
  });
}

/**
 * Runs what the API server may refuse.
 * @throws ApplyError
 */
export async function convertErrors<T>(desired: Desired, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof KubeError) throw toApplyError(desired, error);
    throw error;
  }
}

function explain(desired: Desired, error: KubeError): Explained {
  const text = answerOf(error);
  return (
    explainAdmission(text) ??
    (error.code === 'KUBE_FORBIDDEN' ? explainForbidden(text) : undefined) ??
    (isImmutable(error) ? explainImmutable(desired, error) : undefined) ?? {
      code: codeOf(error),
      text: error.message,
    }
  );
}

/** The API server's own words, without method and path. */
function answerOf({ message, details }: KubeError): string {
  const prefix = `${String(details['method'])} ${String(details['path'])}: `;
  return message.startsWith(prefix) ? message.slice(prefix.length) : message;
}

type Denial = {
  readonly form: RegExp;
  /** From the names and reasons in the order of their groups. */
  readonly explain: (first: string, second: string, third: string) => string;
  readonly mayPass?: true;
};

/** How policies, webhooks and admission plugins that have a name deny an object. */
const denials: readonly Denial[] = [
  {
    form: /ValidatingAdmissionPolicy '([^']{1,253})' with binding '([^']{1,253})' denied request: (.*)$/su,
    explain: (name, binding, reason) =>
      `ValidatingAdmissionPolicy ${name} (binding ${binding}) denied it: ${reason}`,
  },
  {
    form: /admission webhook "([^"]{1,253})" denied the request(?: without explanation|: (.*))/su,
    explain: (name, reason) =>
      `admission webhook ${name} denied it: ${reason === '' ? 'it does not say why' : reason}`,
  },
  {
    form: /failed calling webhook "([^"]{1,253})": (.*)$/su,
    explain: (name, reason) => `admission webhook ${name} could not be asked: ${reason}`,
    mayPass: true,
  },
  {
    form: /violates PodSecurity "([^"]{1,253})": (.*)$/su,
    explain: (level, reason) => `PodSecurity ${level} denied it: ${reason}`,
  },
  {
    form: /exceeded quota: ([^,]{1,253}), (.*)$/su,
    explain: (name, reason) => `ResourceQuota ${name} is used up: ${reason}`,
  },
];

/** Whether admission denied it; such a denial may look like a missing right. */
export function isDenied(error: KubeError): boolean {
  return explainAdmission(answerOf(error)) !== undefined;
}

function explainAdmission(text: string): Explained | undefined {
  for (const { form, explain: say, mayPass } of denials) {
    const found = form.exec(text);
    if (found === null) continue;
    const [, first = '', second = '', third = ''] = found;
    const words = say(first, second, third);
    return { code: 'ADMISSION_DENIED', text: words, ...(mayPass === true ? { isRetryable: true } : {}) };
  }
  return undefined;
}

function explainForbidden(text: string): Explained | undefined {
  if (text.includes('because it is being terminated')) {
    return { code: 'APPLY_FAILED', text: 'its namespace is being deleted', isRetryable: true };
  }
  const found =
    /User "([^"]{1,253})" cannot ([a-z]{1,32}) resource "([^"]{1,253})" in API group "([^"]{0,253})"/u.exec(
      text,
    );
  if (found === null) return undefined;
  const [, user = '', verb = '', plural = '', group = ''] = found;
  if (verb === 'impersonate') {
    const account = /serviceaccounts "([^"]{1,253})"/u.exec(text)?.[1] ?? 'the account';
    return forbidden(
      `the puller may not impersonate service account ${account}: give ${user} the verb impersonate on it, by a Role in its namespace`,
    );
  }
  const kind = group === '' ? plural : `${plural}.${group}`;
  return forbidden(`${user} may not ${verb} ${kind}: give it the right, by a Role`);
}

function forbidden(text: string): Explained {
  return { code: 'APPLY_FORBIDDEN', text };
}

/** As validations of built-in kinds and CEL rules of custom ones put it. */
const immutableText =
  /immutable|cannot change|can not be changed|may not (?:be changed|change)|updates to .{1,400} (?:are )?forbidden/su;

/** Whether a field of it can't be changed: then only another object can have it. */
export function isImmutable(error: KubeError): boolean {
  if (error.code !== 'KUBE_INVALID') return false;
  if ([error.message, ...error.causes].some((text) => immutableText.test(text))) return true;
  // What a Secret's validation says is masked, as it may quote values.
  return error.details['fields'] === 'type' && /\/secrets\/[^/]*$/u.test(String(error.details['path']));
}

function explainImmutable({ isProtected }: Desired, error: KubeError): Explained {
  const fields = typeof error.details['fields'] === 'string' ? error.details['fields'] : 'a field';
  const leave = isProtected
    ? 'its annotation sealift.dev/force: Enabled in the artifact'
    : 'its annotation sealift.dev/force: Enabled in the artifact, or spec.force,';
  const text = `${fields} can't be changed; ${leave} lets it be deleted and made anew`;
  return { code: 'FIELD_IMMUTABLE', text };
}

function codeOf({ code }: KubeError): ApplyCode {
  if (code === 'KUBE_FORBIDDEN') return 'APPLY_FORBIDDEN';
  return code === 'KUBE_CONFLICT' ? 'APPLY_CONFLICT' : 'APPLY_FAILED';
}
