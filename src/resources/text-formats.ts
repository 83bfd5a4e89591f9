// Formats of text that schemas and rules name: base64, days, times and UUIDs, as the API server takes them.
const time = /^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:[Zz]|[-+]\d{2}:\d{2})$/u;

/** Base64 with its padding; an empty text is that of nothing. */
export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/u.test(text);
}

/** A day that there is, as 2026-02-28. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/u.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

/** A time as RFC 3339 has it. */
export function isDateTime(text: string): boolean {
  const [day = '', rest = '', ...more] = text.split(/[Tt]/u, 3);
  return more.length === 0 && isDate(day) && time.test(rest);
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/iu.test(text);
}
