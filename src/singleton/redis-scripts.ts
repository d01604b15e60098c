/**
 * What is said to Redis, each act one script, so that what it tells of the server is of the server that did it.
 * Keys: the lease, the fence, the marker of a clean release; in one slot of a cluster.
 */

export const keysOf = (name: string): [string, string, string] => [
  `prodserver:{${name}}:lease`,
  `prodserver:{${name}}:fence`,
  `prodserver:{${name}}:released`,
];

/** Which run of the server this is: a restart, or a replica that took over, makes another. */
const FACTS = `
local info = redis.call('INFO')
local function fact(name) return string.match(info, name .. ':([^\\r\\n]*)') or '' end
local function text(number) return string.format('%.0f', number) end
local run = fact('run_id') .. ' ' .. fact('master_replid')
local facts = {run, fact('uptime_in_seconds'), fact('maxmemory'), fact('maxmemory_policy')}
`;

/** What was read from a key as a table; nil where somebody else has written there. */
const READ = `
local function read(text)
  local ok, value = pcall(cjson.decode, text)
  if ok and type(value) == 'table' then return value end
  return nil
end
local function isOurs(text) return text and (read(text) or {}).token == ARGV[1] end
`;

/**
 * ARGV: token, TTL in milliseconds, who we are (JSON). Answers: evicting | held | again | acquired, the facts, then
 * held: the lease, its PTTL; again: the lease, the fence (JSON or ''); acquired: the number of the fence, the fence before,
 * the marker (JSON or ''). With the fence stands the longest TTL of a holder that may not have ended.
 */
export const ACQUIRE = `${FACTS}${READ}
if (tonumber(facts[3]) or 0) > 0 and string.sub(facts[4], 1, 7) == 'allkeys' then return {'evicting', facts} end
local held = redis.call('GET', KEYS[1])
local known = redis.call('GET', KEYS[2]) or ''
if held then
  if not isOurs(held) then return {'held', facts, held, redis.call('PTTL', KEYS[1])} end
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return {'again', facts, held, known}
end
local time = redis.call('TIME')
local fence = time[1] * 1000 + math.floor(time[2] / 1000)
local longest = tonumber(ARGV[2])
local released = redis.call('GET', KEYS[3]) or ''
local mark = released ~= '' and read(released) or {}
if known ~= '' then
  local last = read(known) or {}
  if type(last.fence) ~= 'number' or type(last.ttl_ms) ~= 'number' then
    return redis.error_reply(KEYS[2] .. ' holds something that prodserver did not write')
  end
  fence = math.max(fence, last.fence + 1)
  if mark.fence ~= last.fence or mark.run ~= run then longest = math.max(longest, last.ttl_ms) end
end
local ids = '{"token":"' .. ARGV[1] .. '","fence":' .. text(fence) .. ',"ttl_ms":' .. ARGV[2] .. ','
redis.call('SET', KEYS[2], '{"fence":' .. text(fence) .. ',"ttl_ms":' .. text(longest) .. '}')
redis.call('SET', KEYS[1], ids .. string.sub(ARGV[3], 2), 'PX', ARGV[2])
redis.call('DEL', KEYS[3])
return {'acquired', facts, text(fence), known, released}
`;

/** ARGV: token, TTL. Never set again where it is gone: it may have been another's in between. */
export const RENEW = `${READ}
if not isOurs(redis.call('GET', KEYS[1])) then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
`;

/** ARGV: token, who we are (JSON): for those who wait. */
export const TELL = `${READ}
local held = redis.call('GET', KEYS[1])
if not isOurs(held) then return 0 end
local lease = read(held)
local ids = '{"token":"' .. lease.token .. '","fence":' .. string.format('%.0f', lease.fence)
  .. ',"ttl_ms":' .. string.format('%.0f', lease.ttl_ms) .. ','
redis.call('SET', KEYS[1], ids .. string.sub(ARGV[2], 2), 'PX', redis.call('PTTL', KEYS[1]))
return 1
`;

/** ARGV: token, fence. A server too full for the marker still frees the lease: who comes next then waits a little. */
export const RELEASE = `${FACTS}${READ}
if not isOurs(redis.call('GET', KEYS[1])) then return 0 end
redis.pcall('SET', KEYS[3], '{"fence":' .. ARGV[2] .. ',"run":"' .. run .. '"}', 'PX', 86400000)
return redis.call('DEL', KEYS[1])
`;

/** ARGV: the fence of the lease to remove. */
export const REMOVE = `${READ}
local held = redis.call('GET', KEYS[1])
if not held or (read(held) or {}).fence ~= tonumber(ARGV[1]) then return 0 end
return redis.call('DEL', KEYS[1])
`;

/** Answers: the lease or '', its PTTL, the fence or '', whether the server keeps its data over a restart (AOF). */
export const LOOK = `${FACTS}
return {redis.call('GET', KEYS[1]) or '', redis.call('PTTL', KEYS[1]), redis.call('GET', KEYS[2]) or '',
  fact('aof_enabled'), fact('maxmemory'), fact('maxmemory_policy')}
`;
