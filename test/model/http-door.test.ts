import { expect, test } from 'vitest';
import { httpAddressText, isLoopback, parseHttpAddress } from '../../src/model/http-door.ts';

test.each([
  ['127.0.0.1:9180', { host: '127.0.0.1', port: 9180 }],
  ['[::1]:9180', { host: '::1', port: 9180 }],
  ['localhost:1', { host: 'localhost', port: 1 }],
  ['my-host.internal:65535', { host: 'my-host.internal', port: 65_535 }],
])('%s is an address', (text, address) => {
  expect(parseHttpAddress(text)).toEqual(address);
  expect(httpAddressText(address)).toBe(text);
});

test.each([
  '',
  '9180',
  ':9180',
  '127.0.0.1',
  '127.0.0.1:0',
  '127.0.0.1:09180',
  '127.0.0.1:65536',
  '127.0.0.1:http',
  '127.0.0.256:80',
  '127.1:80',
  '::1:9180',
  '[::1]',
  '[1.2.3.4]:80',
  '[:::]:80',
  'http://127.0.0.1:9180',
  '127.0.0.1:9180/metrics',
  '-host:80',
  'a b:80',
  'unix:/run/x.sock',
])('"%s" is none', (text) => {
  expect(parseHttpAddress(text)).toBe(null);
});

test('which of them only this machine reaches', () => {
  const hosts = [
    '127.0.0.1',
    '127.9.9.9',
    'localhost',
    'LocalHost',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
  ];
  expect(hosts.filter((host) => !isLoopback(host))).toEqual([]);
  const others = [
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '127.0.0.1.evil.example',
    '::ffff:10.0.0.1',
    'localhost.lan',
    '1.127.0.1',
  ];
  expect(others.filter(isLoopback)).toEqual([]);
});
