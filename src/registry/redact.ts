// URLs as they may be printed: redirect and upload URLs carry signatures and state in their queries and user parts.

/** Scheme, host and path; a query is only hinted at. */
export function redactUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}${url.search === '' ? '' : '?…'}`;
}
