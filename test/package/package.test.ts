import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rig, ROOT, until } from '../support/rig.ts';

const MANIFEST = `PRODUCTION_PROCESSES:
  pause:
    BACKEND: Command
    CMD: [sleep, "600"]
`;

const scratch = mkdtempSync(join(tmpdir(), 'ps-pack-'));
let tarball = '';
let packed: string[] = [];

function npm(args: readonly string[], cwd: string): string {
  const run = spawnSync('npm', args, { cwd, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`npm ${args.join(' ')} failed:\n${run.stdout}${run.stderr}`);
  return run.stdout;
}

beforeAll(() => {
  // Its scripts would build anew, below the feet of the other tests.
  const told = npm(['pack', '--json', '--ignore-scripts', '--pack-destination', scratch], ROOT);
  const [pack] = JSON.parse(told) as [{ filename: string; files: { path: string }[] }];
  tarball = join(scratch, pack.filename);
  packed = pack.files.map((file) => file.path).sort();
}, 120_000);

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('the package', () => {
  it('holds what is needed and nothing else', () => {
    const rest = packed.filter((path) => !/^(dist\/[\w-]+\.js(\.map)?|docs\/[\w-]+\.md)$/.test(path));
    expect(rest).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'bin/prodserver',
      'docs/man/prodserver.1',
      'package.json',
      'python/prodserver_canary.py',
      'python/prodserver_celery.py',
      'python/prodserver_deadman.py',
      'python/prodserver_deep.py',
      'python/prodserver_deep_celery.py',
      'python/prodserver_deep_django.py',
      'python/prodserver_deep_doors.py',
      'python/prodserver_deep_schedule.py',
      'python/prodserver_deep_web.py',
      'python/prodserver_fence.py',
      'python/prodserver_init.py',
      'python/prodserver_link.py',
      'python/prodserver_listen.py',
      'python/prodserver_once.py',
      'python/prodserver_output.py',
      'python/prodserver_places.py',
      'python/prodserver_probe.py',
      'python/prodserver_report.py',
      'python/prodserver_requests.py',
      'python/prodserver_secrets.py',
      'python/prodserver_settings.py',
      'python/prodserver_settle.py',
      'python/prodserver_start.py',
      'python/prodserver_trouble.py',
      'python/prodserver_uvicorn.py',
      'python/prodserver_vitals.py',
      'schema/manifest.draft-07.schema.json',
      'schema/manifest.schema.json',
      'types/index.d.ts',
    ]);
    expect(packed).toContain('dist/prodserver.js');
    expect(packed).toContain('dist/prodserver.js.map');
    expect(packed).toContain('docs/errors.md');
  });

  it('names no path of the machine that built it', () => {
    const dist = join(ROOT, 'dist');
    const places = [ROOT, homedir(), tmpdir()]
      .filter((place) => place.length > 1)
      .map((place) => `${place}/`);
    const found = readdirSync(dist).flatMap((name) => {
      const text = readFileSync(join(dist, name), 'utf8');
      // Our own words name one fixed folder below /tmp.
      const foreign = text.replaceAll(/\/tmp\/prodserver-/g, '');
      return places.filter((place) => foreign.includes(place)).map((place) => `${name}: ${place}`);
    });
    expect(found).toEqual([]);
  });

  it('has source maps with relative sources', () => {
    const dist = join(ROOT, 'dist');
    for (const name of readdirSync(dist).filter((one) => one.endsWith('.map'))) {
      const map = JSON.parse(readFileSync(join(dist, name), 'utf8')) as { sources: string[] };
      expect(map.sources.filter((source) => !source.startsWith('../'))).toEqual([]);
    }
  });
});

describe.each([
  { label: 'with koffi', omit: [], koffi: true },
  { label: 'without koffi', omit: ['--omit=optional'], koffi: false },
])('installed $label', ({ omit, koffi }) => {
  const folder = join(scratch, koffi ? 'full' : 'bare');

  beforeAll(() => {
    mkdirSync(folder);
    npm(['init', '-y'], folder);
    npm(['install', '--no-audit', '--no-fund', '--prefer-offline', ...omit, tarball], folder);
    writeFileSync(join(folder, 'prodserver.yaml'), MANIFEST);
  }, 120_000);

  it(`has ${koffi ? 'koffi' : 'no dependency'}`, () => {
    const names = readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'));
    expect(names).toEqual(koffi ? ['@koromix', 'koffi', 'prodserver'] : ['prodserver']);
    expect(existsSync(join(folder, 'node_modules', 'prodserver', 'test'))).toBe(false);
  });

  it('checks a manifest', async () => {
    const rig = new Rig();
    const check = await rig.spawn(['npx', '--no-install', 'prodserver', 'check'], { cwd: folder }).ended;
    expect(check.stdout).toBe('prodserver.yaml: ok, pause\n');
    expect(check.code).toBe(0);
  });

  it('starts, answers and stops', async () => {
    const rig = new Rig();
    const prodserver = join(folder, 'node_modules', '.bin', 'prodserver');
    const running = rig.spawn([prodserver, 'start', 'pause'], { cwd: folder });
    await running.says(/pause\.1 STARTING -> RUNNING/);
    const status = await rig.spawn([prodserver, 'status'], { cwd: folder }).ended;
    expect(status.stdout).toMatch(/^pause\.1 +RUNNING +pid \d+, uptime 0:00:\d\d\n$/);
    running.kill('SIGTERM');
    const ended = await running.ended;
    expect(ended.code).toBe(143);
    expect(ended.stderr).toBe('');
    const warnings = ended.stdout.split('\n').filter((line) => /koffi|warning|error|fault/.test(line));
    expect(warnings).toEqual(
      koffi
        ? []
        : [
            "prodserver | warning: orphaned grandchildren cannot be adopted or reaped (Cannot find module 'koffi') [subreaper-missing]",
            'prodserver |   install prodserver with its optional dependencies (koffi); as PID 1 run it under an init such as tini',
          ],
    );
    await until(() => rig.survivors().length === 0, 'nothing to be left behind');
  });
});
