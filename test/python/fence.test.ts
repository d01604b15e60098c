/** Beat sends only while its lease lasts, and names what it sends by entry and due time. */
import { describe, expect, inject, test } from 'vitest';
import { Rig, until } from '../support/rig.ts';
import { makeTables } from '../support/shop-tables.ts';
import { bootNow, FENCE } from './deadman.ts';
import { embeddedBeat, fencedBeat, isSilent, keepsToLease, Record, sentAtLeast, sentBy } from './fence.ts';
import { HELPERS, written } from './harness.ts';

const python = inject('python');

describe('each message', () => {
  test('has the name of its entry and when it was due', async () => {
    const rig = new Rig();
    const one = fencedBeat(rig, { python });
    const sent = await sentAtLeast(rig, 3);
    for (const { task, key, fence } of sent) {
      expect(task).toBe('orders.tasks.pulse');
      expect(key).toMatch(/^pulse@\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$/);
      expect(fence).toBeUndefined();
    }
    expect(new Set(sent.map(({ key }) => key)).size).toBe(sent.length);
    const [first, second] = sent.map(({ dueMs }) => dueMs);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(295);
    one.kill('SIGTERM');
    expect(await one.ended).toMatchObject({ code: 0 });
  });

  test('of two beats with the same schedule has the same key in any time zone, years later', async () => {
    const rig = new Rig();
    const keys = async (zone: string): Promise<string[]> => {
      const env = { TZ: zone, PYTHONPATH: HELPERS };
      const ended = await rig.spawn([python, '-B', '-c', KEYS], { env }).ended;
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      return ended.stdout.trim().split('\n');
    };
    const [tokyo, york] = await Promise.all([keys('Asia/Tokyo'), keys('America/New_York')]);
    expect(tokyo).toEqual(york);
    expect(tokyo).toEqual([
      'interval@2024-03-09T12:00:07.250001Z',
      'relative@2024-03-09T13:00:00Z',
      'minutely@2024-03-09T12:01:00Z',
      // Half past two does not exist on the day on which New York's summer begins.
      'night@2024-03-10T06:30:00Z',
      'weekly@2024-03-11T04:00:00Z',
      'zoned@2024-03-10T01:00:00Z',
      'clocked@2024-03-09T15:00:00Z',
      'own@2024-03-09T12:00:42.250000Z',
    ]);
  });

  test('of a schedule that tells nothing has the second in which it was sent', async () => {
    const rig = new Rig();
    const ended = await rig.spawn([python, '-B', '-c', MUTE], { env: { PYTHONPATH: HELPERS } }).ended;
    expect(ended.stdout).toMatch(/^mute@\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n$/);
  });
});

const ENTRIES = `
from datetime import datetime, timedelta, timezone
from celery import Celery
from celery.beat import ScheduleEntry
from celery.schedules import BaseSchedule, crontab, schedule
import prodserver_fence
app = Celery("keys", broker="memory://")
app.conf.timezone = "America/New_York"
last = datetime(2024, 3, 9, 12, 0, 2, 250000, timezone.utc)
def tell(name, schedule, last=last):
    print(prodserver_fence.key(ScheduleEntry(name, "task", last, 1, schedule, app=app)))
`;

const KEYS = `${ENTRIES}
from zoneinfo import ZoneInfo
from django.conf import settings
settings.configure(USE_TZ=True, INSTALLED_APPS=["django_celery_beat"], DATABASES={})
import django
django.setup()
from django_celery_beat.clockedschedule import clocked
from django_celery_beat.tzcrontab import TzAwareCrontab

class Own(BaseSchedule):
    def remaining_estimate(self, last_run_at):
        return last_run_at + timedelta(seconds=40) - self.now()

tell("interval", schedule(timedelta(seconds=5, microseconds=1), app=app))
tell("relative", schedule(timedelta(hours=1), relative=True, app=app))
tell("minutely", crontab(app=app), last.astimezone(ZoneInfo("Asia/Kolkata")))
tell("night", crontab(hour=1, minute=30, app=app))
tell("weekly", crontab(hour=0, minute=0, day_of_week="mon", app=app))
tell("zoned", TzAwareCrontab(hour=10, minute=0, tz=ZoneInfo("Asia/Tokyo"), app=app))
tell("clocked", clocked(datetime(2024, 3, 9, 15, tzinfo=timezone.utc), app=app))
tell("own", Own(app=app))
`;

const MUTE = `${ENTRIES}
tell("mute", BaseSchedule(app=app))
`;

describe('a lease', () => {
  test('that is over stops the sending, not beat; renewed, nothing that was due is lost', async () => {
    await keepsToLease(python);
  });

  test('whose record is garbled, without a number or of another holder counts as one that is over', async () => {
    const rig = new Rig();
    const record = new Record(rig);
    record.set(bootNow() + 500, FENCE - 1);
    const one = fencedBeat(rig, { python, record });
    const isSilentFor = async (time: number): Promise<void> => {
      await until(() => one.stderr.split('beat sends nothing').length - 1 === time, 'it to send nothing');
      await isSilent(rig, one);
    };
    await isSilentFor(1);
    expect(sentBy(rig)).toEqual([]);
    for (const [index, spoil] of [
      () => record.write(Buffer.from('x')),
      () => record.set(Number.NaN),
    ].entries()) {
      record.set(bootNow() + 500);
      await until(() => one.stderr.split('beat goes on').length - 1 === index + 1, 'it to go on');
      spoil();
      await isSilentFor(index + 2);
    }
    one.kill('SIGTERM');
    expect(await one.ended).toMatchObject({ code: 0 });
  });

  test('whose record cannot be read counts as one that is over', async () => {
    const rig = new Rig();
    const one = fencedBeat(rig, { python, env: { PRODSERVER_FENCE: '1', PRODSERVER_FENCE_FD: '99' } });
    await one.logs(/beat sends nothing/);
    await isSilent(rig, one);
    one.kill('SIGTERM');
    expect(await one.ended).toMatchObject({ code: 0 });
  });

  test('that runs out between an entry’s turn and its message leaves the entry as it was', async () => {
    const rig = new Rig();
    rig.write('late.py', LATE);
    const record = new Record(rig);
    const options = ['--scheduler=late:Late'];
    const env = { PYTHONPATH: rig.folder, FENCE_FILE: `${rig.folder}/fence` };
    const one = fencedBeat(rig, { python, record, env, options });
    await one.logs(/beat sends nothing/);
    await isSilent(rig, one);
    expect(sentBy(rig)).toEqual([]);
    record.set(bootNow() + 500);
    await sentAtLeast(rig, 3);
    const due = (await written(rig, 'due.txt')).trim().split('\n');
    expect(sentBy(rig)[0]?.key).toBe(due[0]);
    expect(one.stderr).not.toContain('Message Error');
    one.kill('SIGTERM');
    expect(await one.ended).toMatchObject({ code: 0 });
  });
});

/** Its connection takes so long, the first time, that the lease is over by then. */
const LATE = `
import os
from celery.beat import PersistentScheduler
class Late(PersistentScheduler):
    late = True
    def reserve(self, entry):
        import prodserver_fence
        if entry.name == "pulse":
            with open(os.path.join(os.environ["SHOP_DATA"], "due.txt"), "a") as file:
                file.write(prodserver_fence.key(entry) + "\\n")
        return super().reserve(entry)
    @property
    def producer(self):
        if self.late:
            self.late = False
            with open(os.environ["FENCE_FILE"], "r+b") as file:
                file.write(b"\\0" * 20)
        return self.Producer(self._ensure_connected(), auto_declare=False)
`;

describe('a beat that is killed after it has saved a run does not send it again', () => {
  const life = async (rig: Rig, options: readonly string[]): Promise<void> => {
    const env = { SHOP_PULSE_SECONDS: '2' };
    const sentBefore = sentBy(rig).length;
    const one = fencedBeat(rig, { python, env, options });
    await sentAtLeast(rig, sentBefore + 1);
    await one.logs(/orders\.tasks\.pulse sent\. id/);
    one.kill('SIGKILL');
    await one.ended;
  };

  test('with the schedule in a file', async () => {
    const rig = new Rig();
    for (let time = 0; time < 2; time++) await life(rig, []);
    expectNoneTwice(rig);
  });

  test('with the schedule in the database', async () => {
    const rig = new Rig();
    await makeTables(rig, python, `${rig.folder}/data`);
    for (let time = 0; time < 2; time++) await life(rig, ['--scheduler=django']);
    expectNoneTwice(rig);
  });

  const expectNoneTwice = (rig: Rig): void => {
    const sent = sentBy(rig);
    expect(new Set(sent.map(({ key }) => key)).size).toBe(sent.length);
    const dues = sent.map(({ dueMs }) => dueMs);
    for (const [index, due] of dues.slice(1).entries()) {
      expect(due - (dues[index] ?? 0)).toBeGreaterThanOrEqual(1990);
    }
  };
});

test('an embedded beat in a worker of prefork keeps to its lease', () => embeddedBeat(python, 'prefork'));
