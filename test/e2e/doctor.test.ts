/** `doctor` on real troubles, all at one time: a broker that is down, a second beat, and a process that leaks. */
import { expect, inject, test } from 'vitest';
import { freePort, Rig, until } from '../support/rig.ts';

interface Checks {
  readonly checks: readonly {
    readonly code: string;
    readonly status: string;
    readonly text: string;
    readonly remedy: string | null;
  }[];
}

/** Sixteen mebibytes each half second, which no machine has for an hour. */
const LEAK = `import time
kept = []
while True:
    kept.append(b'x' * (16 << 20))
    time.sleep(0.5)
`;

test('a broker that is down, two beats and a leak are told in one line each, with the remedy', async () => {
  const rig = new Rig();
  const python = inject('python');
  const port = await freePort();
  const broker = `redis://:secret@127.0.0.1:${port}/0`;
  rig.write('leak.py', LEAK);
  rig.write('pets.py', `from celery import Celery\napp = Celery('pets', broker='${broker}')\n`);
  rig.manifest(`PRODUCTION_PROCESSES:
  worker: {BACKEND: CeleryWorker, APP: pets, ARGS: {pool: solo}}
  beat: {BACKEND: CeleryBeat, APP: pets, LOCK: {file: beat.lock}}
  leak: {BACKEND: Command, CMD: [${python}, leak.py]}
SUPERVISOR: {python: ${python}}
`);
  const start = rig.start(['start', '--all']);
  const other = rig.spawn([python, '-m', 'celery', '-A', 'pets', 'beat', '-s', 'other']);
  await start.says(/worker\.1.*broker unreachable/);
  const row = async () => (await rig.status()).find(({ name }) => name === 'leak');
  // Of the looks that come every two seconds, so many that it is no warming up.
  await until(async () => ((await row())?.memory.rss_bytes ?? 0) > 800 * 1024 ** 2, 'the leak to show');

  const doctor = await rig.run(['doctor', '--json']);
  expect(doctor.code).toBe(1);
  const { checks } = JSON.parse(doctor.stdout) as Checks;
  const told = ['broker', 'duplicate-beat', 'memory-leak'].map((code) =>
    checks
      .filter((check) => check.code === code)
      .map(({ status, text, remedy }) => `${status}: ${text}; ${remedy}`)
      .join('\n')
      .replaceAll(new RegExp(`\\b${other.pid}\\b`, 'g'), 'OTHER')
      .replaceAll(/pid \d+/g, 'pid N')
      .replaceAll(rig.folder, 'FOLDER')
      .replaceAll(`:${port}`, ':PORT')
      .replaceAll(/\d[\d.]* (MiB|s|min(?: \d+ s)?)\b/g, 'N $1')
      .replaceAll(/min( \d+ s)?/g, 'min')
      .replaceAll(/\d+MiB/g, 'NMiB'),
  );
  expect(told).toMatchInlineSnapshot(`
    [
      "bad: broker connection failed: worker.1 cannot reach redis://:**@127.0.0.1:PORT/0 (Error 111 connecting to 127.0.0.1:PORT. Connection refused.); start that broker, or correct its address (broker_url, CELERY_BROKER_URL); nothing needs a restart, they connect when it answers",
      "bad: duplicate scheduled tasks: a beat of pets (pid OTHER in FOLDER) and beat.1 of pets (pid N in FOLDER) send the same periodic tasks; stop pid OTHER, which prodserver did not start here, or give both one LOCK",
      "bad: memory leak: leak.1 has grown N MiB in N s, and memory is full in N min at this rate; set RECYCLE.max-memory, for example NMiB",
    ]
  `);
  start.kill('SIGQUIT');
  other.kill('SIGKILL');
  await Promise.all([start.ended, other.ended]);
});
