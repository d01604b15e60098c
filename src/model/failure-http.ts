/** The facts of what may be wrong with the HTTP listener. */
export interface HttpFacts {
  /** It is reachable from outside, and nobody has to prove who they are. */
  'http-open': { readonly address: string };
  /** `file` null: of PRODSERVER_HTTP_TOKEN. `detail`: the error, or the fewest characters. */
  'http-token': {
    readonly file: string | null;
    readonly problem: 'unreadable' | 'empty' | 'short' | 'characters';
    readonly detail: string;
  };
  'http-refused': { readonly address: string; readonly errno: string };
}
