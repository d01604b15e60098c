export type SupervisorSignal = 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGHUP' | 'SIGUSR1' | 'SIGUSR2';

const SIGNALS: readonly SupervisorSignal[] = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'];

/** Hands every signal that has a meaning to `on`; the returned function takes the listeners away. */
export function listen(on: (signal: SupervisorSignal) => void): () => void {
  const listeners = SIGNALS.map((signal) => {
    const listener = (): void => on(signal);
    process.on(signal, listener);
    return (): void => void process.off(signal, listener);
  });
  return () => listeners.forEach((remove) => remove());
}
