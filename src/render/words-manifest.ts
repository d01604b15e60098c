import { formatBytes } from '../model/units.ts';
import { isSecretName } from '../model/mask.ts';
import { timingsText } from './locks.ts';
import { andList, EXIT, meant, type WordsFor } from './words.ts';

const exit = EXIT.manifest;
const or = (near: string | null, otherwise: string): string =>
  near === null ? otherwise : `write "${near}"`;

export const manifestWords: WordsFor<
  | 'manifest-missing'
  | 'manifest-unreadable'
  | 'manifest-too-large'
  | 'manifest-syntax'
  | 'manifest-aliases'
  | 'manifest-shape'
  | 'manifest-empty'
  | 'processes-shape'
  | 'key-unknown'
  | 'key-missing'
  | 'key-useless'
  | 'value-wrong'
  | 'value-no-unit'
  | 'name-invalid'
  | 'option-unknown'
  | 'option-refused'
  | 'option-spelling'
  | 'option-conflict'
  | 'option-ignored'
  | 'option-otherwise'
  | 'option-unwise'
  | 'option-too-new'
  | 'claimed-twice'
  | 'variable-unset'
  | 'variable-required'
  | 'variable-syntax'
  | 'instances-conflict'
  | 'dependency-unknown'
  | 'dependency-cycle'
  | 'dependency-endless'
  | 'lock-timings'
  | 'beat-twice'
> = {
  'manifest-missing': {
    exit,
    about: 'There is no manifest where it was looked for.',
    message: ({ searched }) =>
      `no manifest: ${andList(searched)} ${searched.length === 1 ? 'does' : 'do'} not exist`,
    hint: () =>
      'write prodserver.yaml here, or name it with --manifest FILE, PRODSERVER_MANIFEST or --settings MODULE',
  },
  'manifest-unreadable': {
    exit,
    about: 'The manifest exists and could not be read.',
    message: ({ path, errno }) => `cannot read the manifest ${path}: ${errno}`,
    hint: ({ errno }) =>
      errno === 'EISDIR'
        ? 'name a file, not a folder'
        : 'check the permissions of the file and of its folders',
  },
  'manifest-too-large': {
    exit,
    about: 'The manifest is larger than 1 MiB, so it is hardly a manifest.',
    message: ({ path, bytes, limit }) =>
      `${path} has ${formatBytes(bytes)}; a manifest has ${formatBytes(limit)} at most`,
    hint: () => 'check that this is the right file',
  },
  'manifest-syntax': {
    exit,
    about: 'The text is not valid YAML (or JSON).',
    message: ({ detail }) => `syntax error: ${detail}`,
    hint: () => 'mend the line that the caret points at, or the one before it',
  },
  'manifest-aliases': {
    exit,
    about: 'Aliases (*name) that contain aliases would grow past a bound ("billion laughs").',
    message: ({ limit }) => `aliases multiply to more than ${limit} copies`,
    hint: () => 'write the values out instead of nesting aliases',
  },
  'manifest-shape': {
    exit,
    about: 'The manifest as a whole is not a mapping.',
    message: ({ got }) => `the manifest must be a mapping with PRODUCTION_PROCESSES, not ${got}`,
    hint: () => 'start it with "PRODUCTION_PROCESSES:" and indent the entries below it',
  },
  'manifest-empty': {
    exit,
    about: 'The manifest is valid and names no process: nothing to check, and nothing that could be started.',
    message: ({ path }) => `${path} names no process`,
    hint: () => 'add an entry below PRODUCTION_PROCESSES',
  },
  'processes-shape': {
    exit,
    about: 'PRODUCTION_PROCESSES is not a mapping of names to entries.',
    message: ({ got }) => `PRODUCTION_PROCESSES must be a mapping of names to entries, not ${got}`,
    hint: () => 'write "PRODUCTION_PROCESSES:" and below it "web:" with its BACKEND',
  },
  'key-unknown': {
    exit,
    about: 'A key that means nothing here.',
    message: ({ key }) => `unknown key "${key}"`,
    hint: ({ near, known }) => or(near, `known here: ${known.join(', ')}`),
  },
  'key-missing': {
    exit,
    about: 'A key that must be there is not.',
    message: ({ key, owner }) => `"${owner}" has no ${key}`,
    hint: ({ example }) => `add for example "${example}"`,
  },
  'key-useless': {
    exit,
    about: 'A key that this backend does not use.',
    message: ({ key, backend, why }) => `${backend} takes no ${key}: ${why}`,
    hint: ({ key }) => `leave ${key} out`,
  },
  'value-wrong': {
    exit,
    about: 'A value of the wrong kind, or out of its range.',
    message: ({ key, expected, got }) =>
      `"${key}" must be ${expected}, not ${isSecretName(key) ? 'the value that it has' : got}`,
    hint: ({ near }) => (near === null ? null : `write "${near}"`),
  },
  'value-no-unit': {
    exit,
    about: 'A duration or a size without a unit.',
    message: ({ key, got }) => `"${key}" needs a unit: ${got} could be anything`,
    hint: ({ example }) =>
      `write ${example} (units: ${example.endsWith('B') ? 'B, KiB, MiB, GiB, TiB, KB, MB, GB, TB' : 'ms, s, m, h, d'})`,
  },
  'name-invalid': {
    exit,
    about: 'The name of a process is not one that logs, node names and commands can carry.',
    message: ({ name }) => `"${name}" is no name for a process`,
    hint: ({ rule }) => `use ${rule}`,
  },
  'option-unknown': {
    exit,
    about: 'A key in ARGS that is no option of the program.',
    message: ({ option, backend }) => `${backend} has no option "${option}"`,
    hint: ({ near }) => or(near, 'check its --help, or pass it through unchecked in EXTRA_ARGS'),
  },
  'option-refused': {
    exit,
    about: 'An option that exists, or that documentation names by mistake, and that cannot be used here.',
    message: ({ option, why }) => `"${option}" cannot be used: ${why}`,
    hint: ({ instead }) => instead,
  },
  'option-spelling': {
    exit,
    about:
      'An option written with underscores, or under another name that is in use for it. It is understood.',
    message: ({ option, spelling }) => `"${option}" is read as "${spelling}"`,
    hint: ({ spelling }) => `write "${spelling}"`,
  },
  'option-conflict': {
    exit,
    about: 'Two options that the program does not take together.',
    message: ({ option, other, why }) => `"${option}" and "${other}" exclude each other: ${why}`,
    hint: () => 'leave one of them out',
  },
  'option-ignored': {
    exit,
    about: 'An option that the program accepts and then does not act on.',
    message: ({ option, why }) => `"${option}" has no effect: ${why}`,
    hint: ({ instead }) => instead,
  },
  'option-otherwise': {
    exit,
    about: 'An option whose value the program accepts and takes to mean something else.',
    message: ({ option, why }) => `"${option}" does not do what it says: ${why}`,
    hint: ({ instead }) => instead,
  },
  'option-unwise': {
    exit,
    about: 'An option that does what it says, and more harm than good below a supervisor.',
    message: ({ option, why }) => `"${option}" is unwise: ${why}`,
    hint: ({ instead }) => instead,
  },
  'option-too-new': {
    exit,
    about:
      'An option, or a value of one, that the installed version of the program does not have. Told only where that ' +
      'version can be seen beside SUPERVISOR.python.',
    message: ({ option, value, package: program, needs, has }) =>
      `"${option}${value === null ? '' : `: ${value}`}" needs ${program} ${needs}, and ${has} is installed`,
    hint: ({ package: program, needs }) => `leave it out, or install ${program} ${needs} or later`,
  },
  'claimed-twice': {
    exit,
    about: 'Two processes of the manifest would have one node name, or write one file.',
    message: ({ kind, value, instances }) => `${andList(instances)} have one ${kind}: ${value}`,
    hint: ({ option, kind }) =>
      kind === 'node name' || kind === 'worker id'
        ? `give each its own, or leave ${option} out`
        : kind === 'log file'
          ? 'give each its own, for example with {instance} in it'
          : `give each its own ${option}${kind === 'schedule' ? '' : ', for example with %n in it: the name of the node'}`,
  },
  'variable-unset': {
    exit,
    about: 'A ${VARIABLE} of the manifest is not in the environment.',
    message: ({ name }) => `the environment variable ${name} is not set`,
    hint: ({ name }) => `set it, or give a default: \${${name}:-value}`,
  },
  'variable-required': {
    exit,
    about: 'A ${VARIABLE:?message} of the manifest is not in the environment, or empty.',
    message: ({ name, message }) =>
      `the environment variable ${name} is not set${message === '' ? '' : `: ${message}`}`,
    hint: ({ name }) => `set ${name}`,
  },
  'variable-syntax': {
    exit,
    about: 'Something that begins like a ${VARIABLE} and is none.',
    message: ({ text }) => `"${text}" is no variable`,
    hint: () => 'write ${NAME}, ${NAME:-default} or ${NAME:?message}, and $$ for a dollar sign',
  },
  'instances-conflict': {
    exit,
    about: 'INSTANCES above 1 for something of which only one may run.',
    message: ({ backend, why }) => `${backend} cannot have several INSTANCES: ${why}`,
    hint: () => 'leave INSTANCES out',
  },
  'dependency-unknown': {
    exit,
    about: 'DEPENDS_ON names an entry that the manifest does not have.',
    message: ({ owner, name, near }) => `${owner} depends on "${name}", which is no process${meant(near)}`,
    hint: ({ names }) => `there are: ${names.join(', ')}`,
  },
  'dependency-cycle': {
    exit,
    about: 'Entries depend on each other in a circle, so none of them could ever start.',
    message: ({ names }) => `a circle: ${names.join(' depends on ')}`,
    hint: () => 'take one of these out of DEPENDS_ON',
  },
  'dependency-endless': {
    exit,
    about: 'DEPENDS_ON waits for the completion of a process that is started again whenever it ends.',
    message: ({ owner, name }) => `${owner} waits until ${name} has completed, and ${name} runs for ever`,
    hint: ({ name }) => `give ${name} ONESHOT: true, or wait until it is ready`,
  },
  'lock-timings': {
    exit,
    about: 'The numbers of LOCK would let two holders run at one time, or lose the lock without need.',
    message: ({ problem }) => timingsText(problem),
    hint: ({ problem }) =>
      problem.rule === 'too-short'
        ? 'write a longer ttl: a busy machine alone would lose this one again and again'
        : 'give only ttl: the others then follow in the right proportion',
  },
  'beat-twice': {
    exit,
    about:
      'Two entries would run a beat for one application; the second would wait for the lock of the first for ever.',
    message: ({ names, app }) => `${andList(names)} are both a beat of ${app}`,
    hint: () => 'keep one of them; two beats of different applications need a LOCK: {name: ...} each',
  },
};
