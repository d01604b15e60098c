/** The facts of what may keep `init` from writing a manifest. */
export interface InitFacts {
  'init-exists': { readonly path: string };
  'init-nothing': { readonly folder: string; readonly searched: readonly string[] };
  'init-empty': { readonly path: string };
  'init-source': { readonly detail: string };
  'init-unreadable': { readonly path: string; readonly errno: string };
  'init-unwritten': { readonly path: string; readonly errno: string };
}
