/** What the project itself said was wrong, sorted by the trouble that it is. Pure. */
import type { ProcessRow } from '../control/protocol.ts';
import type { Failure } from '../model/failure.ts';
import { verdict, type Verdict } from './verdict.ts';

export function judgeProject(findings: readonly Failure[], _rows: readonly ProcessRow[]): Verdict[] {
  return findings.map((problem) => verdict('project-check', 'warn', { kind: 'found', problem }));
}
