// The time at which the clocks of tests stand.

/** Milliseconds since 1970. */
export const noon: number = Date.parse('2026-11-22T12:00:00Z');
