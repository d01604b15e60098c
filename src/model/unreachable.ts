/** For the default of an exhaustive switch: a new case becomes a compile error, and a bug a loud one. */
export function unreachable(never: never): never {
  throw new Error(`unreachable: ${JSON.stringify(never)}`);
}
