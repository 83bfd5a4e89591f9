// What a bench reports.

export type Measured = Readonly<Record<string, number | string>>;

/** Takes a result: a line for people, and the same as data under a key of the bench. */
export type Report = (key: string, line: string, data: Measured) => void;
