/** What a project has, as it told `check --deep`. */
import type { CeleryFacts, DeepFacts } from '../manifest/deep-facts.ts';
import type { DeepProgress } from '../manifest/deep.ts';
import { maskUrls } from '../model/mask.ts';
import { formatDuration } from '../model/units.ts';

const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

/** One line a thing; with `verbose` the names of tasks, the schedule and the versions too. */
export function deepText(facts: DeepFacts, verbose: boolean): string[] {
  const web = facts.web
    .filter(({ imported }) => imported)
    .map(({ processes, app, interface: kind }) => {
      const is =
        kind === null ? 'imports' : kind === 'wsgi' ? 'is a WSGI application' : 'is an ASGI application';
      return `${processes.join(', ')}: ${app} ${is}`;
    });
  const celery = facts.applications.flatMap((one) => celeryText(one, verbose));
  return [...web, ...celery, ...(verbose ? facts.interpreters.map(versionText) : [])];
}

function celeryText(facts: CeleryFacts, verbose: boolean): string[] {
  const { tasks, schedule, brokers, results } = facts;
  const parts: string[] = [];
  if (tasks !== null) parts.push(plural(tasks.length, 'task', 'tasks'));
  if (schedule !== null)
    parts.push(plural(schedule.length, 'entry in the schedule', 'entries in the schedule'));
  for (const { url } of brokers?.filter(({ answers }) => answers) ?? [])
    parts.push(`broker ${maskUrls(url)} answers`);
  if (results?.answers === true) parts.push(`results ${maskUrls(results.url ?? results.backend)} answer`);
  if (parts.length === 0) return [];
  const lines = [`${facts.processes.join(', ')}: ${facts.app}: ${parts.join(', ')}`];
  if (!verbose) return lines;
  if (tasks !== null && tasks.length > 0) lines.push(`  tasks: ${tasks.join(', ')}`);
  for (const { name, task, from } of schedule ?? []) lines.push(`  sends ${task} as "${name}" (${from})`);
  if (facts.scheduler !== null) lines.push(`  scheduler: ${facts.scheduler}`);
  if (results?.answers === null) lines.push(`  results: ${results.backend}, not asked`);
  return lines;
}

function versionText({ processes, python, version, packages }: DeepFacts['interpreters'][number]): string {
  const told = packages.map(({ name, version: has, tested }) => {
    const [from, to] = tested ?? [null, null];
    const range = from === null ? '' : ` (tested ${from === to ? from : `${from} to ${to}`})`;
    return `${name} ${has ?? 'missing'}${range}`;
  });
  return `${processes.join(', ')}: ${python} is Python ${version} with ${told.join(', ')}`;
}

/** `asking the project, 2 of 5 answered: shop.celery.app (broker), 4 s` */
export function progressText({ done, all, now }: DeepProgress, ms: number): string {
  const asked = now.map(({ app, step }) => `${app} (${step})`).join(', ');
  const seconds = formatDuration(Math.floor(ms / 1000) * 1000);
  return `asking the project, ${done} of ${all} answered${asked === '' ? '' : `: ${asked}`}, ${seconds}`;
}

/** The same for programs. */
export function deepJson(manifest: string, facts: DeepFacts): object {
  return {
    manifest,
    timeout_s: facts.timeoutMs / 1000,
    interpreters: facts.interpreters.map(({ packages, ...rest }) => ({
      ...rest,
      packages: packages.map(({ tested, ...one }) => ({
        ...one,
        tested_from: tested?.[0] ?? null,
        tested_to: tested?.[1] ?? null,
      })),
    })),
    applications: facts.applications.map(({ brokers, results, ...rest }) => ({
      ...rest,
      brokers: brokers?.map((one) => ({ ...one, url: maskUrls(one.url) })) ?? null,
      results: results === null ? null : { ...results, url: maskUrls(results.url ?? '') },
    })),
    web: facts.web,
  };
}
