/** Asks the project's own interpreter whether what a manifest names is there. */
import { failure, type Code, type Failure } from '../model/failure.ts';
import { maskValues } from '../model/mask.ts';
import type { DeepStep } from '../model/deep.ts';
import { helpersFolder } from '../os/files.ts';
import type { InterviewEnd, InterviewOrder } from '../os/interview.ts';
import { parseLine, type Failed, type Told } from './deep-answer.ts';
import { factsOf, type DeepFacts } from './deep-facts.ts';
import { appOf, findingsOf, near, placeOf, type Answers, type Scene } from './deep-findings.ts';
import type { Pointer } from './deep-needs.ts';
import {
  interviewsOf,
  orderText,
  subjectsOf,
  type Interview,
  type Question,
  type Subject,
} from './deep-questions.ts';
import type { Environment } from './interpolate.ts';
import { byPlace, type Loaded } from './loaded.ts';

export interface DeepOrder {
  /** The environment that the processes would start from. */
  readonly env: Environment;
  /** How long each step of an answer may take. Milliseconds. */
  readonly timeoutMs: number;
  /** Interpreters at a time. */
  readonly parallel: number;
  /** Findings have whole tracebacks and stacks. */
  readonly verbose: boolean;
  readonly abort: AbortSignal;
  readonly onProgress: (progress: DeepProgress) => void;
}

export interface DeepProgress {
  /** Questions that were answered, and all. */
  readonly done: number;
  readonly all: number;
  /** What is being asked now. */
  readonly now: readonly { readonly app: string; readonly step: DeepStep }[];
}

export interface Deep {
  readonly findings: readonly Failure[];
  readonly facts: DeepFacts;
}

export type RunInterview = (order: InterviewOrder) => Promise<InterviewEnd>;

/** Nothing for a manifest with errors, which has no plan. */
export async function deepFindings(loaded: Loaded, order: DeepOrder, run: RunInterview): Promise<Deep> {
  const { origin, plan } = loaded;
  if (origin === undefined || plan === null) return { findings: [], facts: factsOf(order.timeoutMs, []) };
  const migrates = plan.processes.some(({ argv, oneshot }) => oneshot && argv.includes('migrate'));
  const scene = { doc: origin.doc, verbose: order.verbose, migrates };
  const interviews = interviewsOf(subjectsOf(origin.instances), order.env);
  const progress = newProgress(interviews, order);
  const waiting = [...interviews];
  const heard: Heard[] = [];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      heard.push(await ask(scene, next, order, run, progress));
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, order.parallel) }, worker));
  // In the manifest's order, whoever was first to answer.
  heard.sort((a, b) => interviews.indexOf(a.interview) - interviews.indexOf(b.interview));
  const answers = heard.flatMap((one) => one.answers);
  const findings = [
    ...heard.flatMap((one) => one.findings),
    ...answers.flatMap((one) => findingsOf(scene, one)),
  ];
  return { findings: unique(findings).toSorted(byPlace), facts: factsOf(order.timeoutMs, answers) };
}

/** Entries that are asked apart may say the same of one place; and what is not installed has no more to be said of it. */
function unique(findings: readonly Failure[]): Failure[] {
  const lacking = new Map<string, string[]>();
  for (const { code, facts, place } of findings) {
    if (code !== 'package-missing') continue;
    const at = JSON.stringify(place);
    lacking.set(at, [...(lacking.get(at) ?? []), facts.package]);
  }
  const packages = new Set([...lacking.values()].flat());
  const told = new Set<string>();
  return findings.filter((finding) => {
    const { code, facts, place } = finding;
    if (code === 'django-app-missing' || code === 'command-unknown') {
      if (lacking.has(JSON.stringify(place))) return false;
    }
    if ((code === 'app-import' || code === 'django-setup') && packages.has(facts.missing ?? '')) return false;
    const key = JSON.stringify([code, facts, place]);
    return !told.has(key) && told.add(key).size > 0;
  });
}

interface Heard {
  readonly interview: Interview;
  readonly answers: readonly Answers[];
  /** Of the interview itself: it could not be had, or broke off. */
  readonly findings: readonly Failure[];
}

interface Progress {
  at(question: Question, step: DeepStep): void;
  done(question: Question): void;
}

function newProgress(interviews: readonly Interview[], { onProgress }: DeepOrder): Progress {
  const all = interviews.reduce((sum, { questions }) => sum + questions.length, 0);
  const now = new Map<Question, DeepStep>();
  const finished = new Set<Question>();
  const tell = (): void =>
    onProgress({
      done: finished.size,
      all,
      now: [...now].map(([question, step]) => ({ app: nameOf(question), step })),
    });
  return {
    at(question, step) {
      now.set(question, step);
      tell();
    },
    done(question) {
      now.delete(question);
      finished.add(question);
      tell();
    },
  };
}

const nameOf = ({ subjects: [subject] }: Question): string => (subject === undefined ? '' : appOf(subject));

/** What was answered up to the end of one interpreter, and where it was then. */
interface Notes {
  readonly told: Told[];
  readonly failed: Failed[];
  at: { readonly question: number; readonly step: DeepStep } | null;
  done: boolean;
  readonly stack: string[];
}

/** One question that hangs or ends its interpreter costs the others nothing: they are asked of another one. */
async function ask(
  scene: Scene,
  interview: Interview,
  order: DeepOrder,
  run: RunInterview,
  progress: Progress,
): Promise<Heard> {
  const answers: Answers[] = [];
  const findings: Failure[] = [];
  let questions = interview.questions;
  while (questions.length > 0) {
    const notes: Notes = { told: [], failed: [], at: null, done: false, stack: [] };
    const end = await run(
      interviewOrder(interview, questions, order, (line) => note(line, notes, questions, progress)),
    );
    questions.forEach((question, index) => {
      const of = <T extends { readonly question: number }>(lines: readonly T[]): T[] =>
        lines.filter((line) => line.question === index);
      answers.push({ interview, question, told: of(notes.told), failed: of(notes.failed) });
    });
    if (!notes.done && !order.abort.aborted)
      findings.push(brokenOff(scene, interview, questions, notes, end, order));
    const reached = notes.done || notes.at === null ? questions.length : notes.at.question + 1;
    for (const question of questions.slice(0, reached)) progress.done(question);
    const left = questions.slice(reached);
    answers.splice(answers.length - left.length, left.length);
    questions = order.abort.aborted ? [] : left;
  }
  return { interview, answers, findings };
}

function interviewOrder(
  { python, cwd, spec }: Interview,
  questions: readonly Question[],
  { timeoutMs, abort }: DeepOrder,
  onLine: (line: string) => boolean,
): InterviewOrder {
  const argv = [
    python,
    `${helpersFolder()}/prodserver_deep.py`,
    orderText(questions, timeoutMs / 1000),
  ] as const;
  const env = { ...spec.env, PRODSERVER_DEEP_FD: '3' };
  const { envFiles, identity } = spec;
  return { argv: [...argv], cwd, env, envFiles, identity, stepMs: timeoutMs, abort, onLine };
}

function note(text: string, notes: Notes, questions: readonly Question[], progress: Progress): boolean {
  const line = parseLine(text);
  if (line === null) {
    notes.stack.push(text);
    return false;
  }
  if ('done' in line) notes.done = true;
  else if ('at' in line) {
    const [index, step] = line.at;
    const question = questions[index];
    if (question !== undefined) progress.at(question, step);
    notes.at = { question: index, step };
    notes.stack.length = 0;
  } else if (line.ok) notes.told.push(line);
  else notes.failed.push(line);
  return true;
}

function brokenOff(
  scene: Scene,
  interview: Interview,
  questions: readonly Question[],
  { at, stack }: Notes,
  end: InterviewEnd,
  { timeoutMs, env }: DeepOrder,
): Failure {
  const question = questions[at?.question ?? 0];
  const subject = question?.subjects[0];
  if (subject === undefined) throw new Error('an interview without a question');
  const place = placeOf(scene, subject, subject.need?.kind === 'django' ? 'BACKEND' : 'APP');
  if (end.refused !== null) return refusal(scene, subject, end.refused.failure);
  const app = appOf(subject);
  const step = at?.step ?? null;
  if (end.late) {
    const frames = framesOf(stack);
    const own = frames.find(({ file }) => !isLibrary(file));
    const facts = {
      app,
      step: step ?? 'packages',
      seconds: timeoutMs / 1000,
      at: own === undefined ? null : `${near(own.file, interview.cwd)}:${own.line} (${own.name})`,
      stack: scene.verbose ? frames.map(({ file, line, name }) => `${file}:${line} (${name})`) : [],
    };
    return failure('app-silent', facts, { place });
  }
  const exit = end.exit ?? { code: null, signal: null };
  const output = end.said.map((line) => maskValues(line, { ...env, ...interview.spec.env }));
  return failure('app-ended', { app, step, exit, output }, { place });
}

/** What keeps its processes from starting too, at the key that says so. */
function refusal(scene: Scene, subject: Subject, problem: Failure): Failure {
  const pointer = REFUSED_AT[problem.code];
  const place =
    pointer === undefined
      ? scene.doc.place(['SUPERVISOR', 'python'], 'value')
      : placeOf(scene, subject, pointer);
  return { ...problem, place };
}

const REFUSED_AT: Readonly<Partial<Record<Code, Pointer>>> = {
  'folder-missing': 'CWD',
  'env-file': 'ENV_FILE',
  'user-unknown': 'USER',
  'group-unknown': 'USER',
  'user-refused': 'USER',
};

interface Frame {
  readonly file: string;
  readonly line: number;
  readonly name: string;
}

/** faulthandler's frames of the main thread, which it writes last; the innermost first, ours left out. */
export function framesOf(stack: readonly string[]): Frame[] {
  const start = stack.findLastIndex((line) => /^(Current thread|Thread) /.test(line));
  return stack.slice(start + 1).flatMap((line) => {
    const [, file, number, name] = /^ {2}File "(.*)", line (\d+) in (.*)$/.exec(line) ?? [];
    if (file === undefined || name === undefined || file.startsWith(helpersFolder())) return [];
    return file.startsWith('<') ? [] : [{ file, line: Number(number), name }];
  });
}

const isLibrary = (file: string): boolean => /\/(site|dist)-packages\/|\/lib(64)?\/python3[^/]*\//.test(file);
