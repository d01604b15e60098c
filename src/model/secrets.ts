/** What a secret looks like. */
export const SECRET_NAMES =
  /(pass(word|wd)?|secret|token|api[_-]?key|private[_-]?key|credential|basic[_-]?auth|cookie|dsn|secret_key)/i;

/** Whether a value of that name is likely to be a secret. */
export const isSecretName = (name: string): boolean => SECRET_NAMES.test(name);

/** `scheme://user:` and the password before the "@", where one may hold a raw "/" or "@". */
export const URL_PASSWORD = /(\w+:\/\/[^\s'";/@:]*:)([^\s'";]*)@/g;
