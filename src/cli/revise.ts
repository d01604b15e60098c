/** How a command has running sets changed to what their manifest says, and tells what that changes. */
import type { ReviseAnswer } from '../control/protocol.ts';
import { failure, type Failure, type Result } from '../model/failure.ts';
import { changesJson, changesText, type ToldChange } from '../render/changes.ts';
import { EXIT } from '../render/words.ts';
import type { Found } from './names.ts';
import { complain, fail, outputPaint, print } from './output.ts';
import { now, waitUp, type Ordered } from './upturn.ts';
import type { Order } from './waiting.ts';

type Remote = Found[number]['remote'];

type Ask = (remote: Remote) => Promise<Result<ReviseAnswer>>;

/** Tells what each supervisor would change (`look`), and then has it done (`act`). Null: there is no such step. */
export async function revise(order: Order, look: Ask | null, act: Ask | null): Promise<number> {
  const since = now();
  const changes: ToldChange[] = [];
  const ordered: Ordered[] = [];
  const leaving: Ordered[] = [];
  for (const { remote, status } of order.found) {
    let shown = '';
    let last: readonly ToldChange[] = [];
    for (const ask of [look, act]) {
      if (ask === null) continue;
      const answer = changesOf(await ask(remote), status.supervisor.pid);
      if (typeof answer === 'number') return answer;
      last = answer;
      const text = changesText(answer, outputPaint()).join('\n');
      // The manifest may have been written again since it was looked at.
      if (!order.json && text !== shown && text !== '') print(text);
      shown = text;
    }
    for (const change of last) {
      const { instance } = change;
      const row = status.processes.find((one) => one.instance === instance);
      if (change.kind === 'removed') leaving.push({ instance, pid: row?.pid ?? null, remote });
      else if (change.kind === 'added') ordered.push({ instance, pid: null, mayRest: true, remote });
      else if (change.kind === 'changed' && change.effect === 'restart' && row?.state !== 'STOPPED')
        ordered.push({ instance, pid: row?.pid ?? null, remote });
    }
    changes.push(...last);
  }
  if (act !== null && order.wait) {
    const problem = (await waitGone(order, leaving)) ?? (await waitUp(order, ordered, since));
    if (problem !== null) return fail(problem);
  }
  if (order.json) print(JSON.stringify({ changes: changesJson(changes) }));
  else if (changes.length === 0) print('nothing has changed');
  else if (act === null) complain('nothing was done: this was a dry run');
  return EXIT.ok;
}

/** A number is the exit code where it is refused, and the reasons were told. */
function changesOf(answer: Result<ReviseAnswer>, supervisorPid: number): readonly ToldChange[] | number {
  if (!answer.ok) return fail(answer.error);
  if (answer.value.changes !== null) return answer.value.changes as unknown as readonly ToldChange[];
  const codes = answer.value.failures.map((one) => fail(one as unknown as Failure));
  const refused = fail(failure('update-refused', { supervisorPid }));
  return codes[0] ?? refused;
}

/** Until they have left their sets. */
async function waitGone(order: Order, leaving: readonly Ordered[]): Promise<Failure | null> {
  if (leaving.length === 0) return null;
  const names = new Set(leaving.map(({ instance }) => instance));
  const waited = await order.waitUntil(async () => {
    const busy = [];
    for (const remote of new Set(leaving.map((one) => one.remote))) {
      const status = await remote.status();
      if (!status.ok) return status;
      busy.push(...status.value.processes.filter(({ instance }) => names.has(instance)));
    }
    return { ok: true, value: { done: busy.length === 0, busy } };
  }, 'stop-timeout');
  return waited.ok ? null : waited.error;
}
