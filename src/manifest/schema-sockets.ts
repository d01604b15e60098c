/** SOCKETS: what the supervisor listens on itself, for the processes that it hands that to. */
import * as z from 'zod';
import type { Address } from '../model/spec.ts';
import { account } from './schema.ts';
import { whole, yesNo } from './schema-values.ts';

const ADDRESS = 'an address such as 0.0.0.0:8000, [::]:8000 or unix:/run/app.sock';
/** What the kernel takes, with a zero behind it: sun_path of linux/un.h. Bytes. */
const PATH_LIMIT = 107;

const V4 = /^((25[0-5]|2[0-4]\d|1?\d?\d)(\.(?!$)|$)){4}$/;
const isV6 = (host: string): boolean => /^[\da-f:.]+$/i.test(host) && URL.canParse(`http://[${host}]`);

/** Numbers only: a name may stand for several addresses, and a name server may be away. Null where it is none. */
export function parseBind(written: string): Address | null {
  const path = /^unix:(?:\/\/(?=\/))?(.+)$/s.exec(written)?.[1];
  if (path !== undefined) return Buffer.byteLength(path) > PATH_LIMIT ? null : { kind: 'unix', path };
  const [, v6, v4 = '0.0.0.0', digits = ''] = /^(?:\[([^\]]+)\]|([^:[\]]+))?:(\d{1,5})$/.exec(written) ?? [];
  const host = v6 ?? v4;
  const port = Number(digits);
  if (port < 1 || port > 65535 || !(v6 === undefined ? V4.test(host) : isV6(host))) return null;
  return { kind: 'tcp', host, port };
}

const bind = z
  .string()
  .refine((written) => parseBind(written) !== null)
  .meta({ description: ADDRESS, pattern: '^(unix:.+|(\\[[\\dA-Fa-f:.]+\\]|[\\d.]+)?:\\d{1,5})$' });

const long = z
  .strictObject({
    bind,
    backlog: whole(1, 'a whole number from 1').optional(),
    'reuse-port': yesNo.optional(),
    mode: z
      .string()
      .regex(/^0[0-7]{3}$/)
      .transform((mode) => Number.parseInt(mode, 8))
      .describe('four octal digits in quotes, such as "0660"')
      .optional(),
    user: account('the name or the number of a user').optional(),
    group: account('the name or the number of a group').optional(),
  })
  .describe(`${ADDRESS}, or a mapping with bind, backlog, reuse-port, mode, user, group`);

export const socketSchema = z
  .union([bind, long])
  .describe(`${ADDRESS}, or a mapping with bind, backlog, reuse-port, mode, user, group`);
