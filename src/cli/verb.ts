/** A verb's options as commander hands them over, and its names where it takes some. */
export type Flags = Readonly<Record<string, string | boolean | undefined>>;
export type Verb = (names: readonly string[], flags: Flags) => Promise<number>;
