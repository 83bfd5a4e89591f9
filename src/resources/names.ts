// What names, labels and their keys may be made of: the forms that the API server checks them by.
// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
const subdomainLength = 253;
const labelForm = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/u;
const startingWithLetter = /^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/u;
const subdomainForm = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/u;
const labelValueForm = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/u;

/** A label of the DNS, as of RFC 1123. */
export function isDnsLabel(text: string): boolean {
  return labelForm.test(text);
}

/** A label of the DNS, as of RFC 1035: it begins with a letter. */
export function isDns1035Label(text: string): boolean {
  return startingWithLetter.test(text);
}

/** Labels with dots between them. */
export function isDnsSubdomain(text: string): boolean {
  return text.length <= subdomainLength && subdomainForm.test(text);
}

export function isLabelValue(text: string): boolean {
  return labelValueForm.test(text);
}

/** A key of a label: a name, perhaps behind a subdomain and a slash. */
export function isQualifiedName(text: string): boolean {
  const [name = '', prefix, ...more] = text.split('/').toReversed();
  const hasPrefix = prefix === undefined || isDnsSubdomain(prefix);
  return more.length === 0 && name !== '' && isLabelValue(name) && hasPrefix;
}

/** A name of a port: letters, digits and single dashes between them, with a letter at least. */
export function isPortName(text: string): boolean {
  return text.length <= 15 && /^[a-z0-9]+(?:-[a-z0-9]+)*$/u.test(text) && /[a-z]/u.test(text);
}
