/** What the project's own interpreter said, sorted by the trouble that it is. Pure. */
import type { Deep } from '../manifest/deep.ts';
import { severityOf, type Failure } from '../model/failure.ts';
import { verdict, type CheckCode, type Verdict } from './verdict.ts';

/** `told`: what was said of these by what runs, which is nearer to the truth than what an interpreter finds beside it. */
export function judgeProject({ findings, facts }: Deep, told: ReadonlySet<CheckCode>): Verdict[] {
  const { applications } = facts;
  const found = findings.flatMap((problem) => {
    const one = verdictOf(problem);
    return one.code !== 'project-check' && told.has(one.code) ? [] : [one];
  });
  const isTold = (code: CheckCode): boolean => told.has(code) || found.some((one) => one.code === code);
  const appsWhere = (is: (app: (typeof applications)[number]) => boolean): string[] => [
    ...new Set(applications.filter(is).map(({ app }) => app)),
  ];
  const answering = appsWhere(({ brokers }) => brokers?.some(({ answers }) => answers) === true);
  const having = appsWhere(({ tasks }) => tasks !== null && tasks.length > 0);
  if (answering.length > 0 && !isTold('broker'))
    found.push(verdict('broker', 'ok', { kind: 'answers', apps: answering }));
  if (having.length > 0 && !isTold('tasks'))
    found.push(verdict('tasks', 'ok', { kind: 'registered', apps: having }));
  const asked = [...applications.map(({ app }) => app), ...facts.web.map(({ app }) => app)];
  if (asked.length > 0 && !isTold('project-check'))
    found.push(verdict('project-check', 'ok', { kind: 'good', apps: [...new Set(asked)] }));
  return found;
}

function verdictOf(problem: Failure): Verdict {
  const status = severityOf(problem.code) === 'error' ? 'bad' : 'warn';
  switch (problem.code) {
    case 'broker-unreachable':
    case 'broker-alternate':
      return verdict('broker', status, { kind: 'silent', app: problem.facts.app, problem });
    case 'tasks-none':
      return verdict('tasks', status, { kind: 'found-none', app: problem.facts.app, problem });
    default:
      return verdict('project-check', status, { kind: 'found', problem });
  }
}
