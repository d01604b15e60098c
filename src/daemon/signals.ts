export type SupervisorSignal = 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGHUP' | 'SIGUSR1' | 'SIGUSR2';

const SIGNALS: readonly SupervisorSignal[] = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'];

/** These mean nothing to a supervisor, and would end one that has no listener for them. */
const STRAY = ['SIGALRM', 'SIGVTALRM', 'SIGPROF', 'SIGIO', 'SIGPWR', 'SIGSTKFLT', 'SIGXCPU'] as const;

/** Hands every signal that has a meaning to `on`; the returned function takes the listeners away. */
export function listen(on: (signal: SupervisorSignal) => void): () => void {
  const listeners = SIGNALS.map((signal) => {
    const listener = (): void => on(signal);
    process.on(signal, listener);
    return (): void => void process.off(signal, listener);
  });
  const ignore = (): void => undefined;
  for (const signal of STRAY) process.on(signal, ignore);
  listeners.push(() => STRAY.forEach((signal) => process.off(signal, ignore)));
  return () => listeners.forEach((remove) => remove());
}
