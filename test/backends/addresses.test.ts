import { describe, expect, test } from 'vitest';
import { parseAddress, wsgiTarget } from '../../src/backends/gunicorn.ts';

describe('the application as gunicorn wants it', () => {
  test.each([
    ['shop.wsgi', 'shop.wsgi'],
    ['shop.wsgi.application', 'shop.wsgi:application'],
    ['shop.wsgi:application', 'shop.wsgi:application'],
    ['shop.wsgi:make_app()', 'shop.wsgi:make_app()'],
    ['shop.app', 'shop:app'],
    ['shop.web.app', 'shop.web:app'],
    ['app', 'app'],
    ['application', 'application'],
    ['shop.applications', 'shop.applications'],
    ['shop.application.wsgi', 'shop.application.wsgi'],
  ])('%s is %s', (app, target) => {
    expect(wsgiTarget(app)).toBe(target);
  });
});

describe('an address to bind', () => {
  const tcp = (host: string, port: number): object => ({ kind: 'tcp', host, port });
  test.each([
    ['127.0.0.1:8000', tcp('127.0.0.1', 8000)],
    ['0.0.0.0', tcp('0.0.0.0', 8000)],
    ['localhost:80', tcp('localhost', 80)],
    [':8000', tcp('', 8000)],
    ['', tcp('', 8000)],
    ['[::]:8000', tcp('::', 8000)],
    ['[::1]', tcp('::1', 8000)],
    ['[fe80::1%eth0]:80', tcp('fe80::1%eth0', 80)],
    ['tcp://127.0.0.1:80', tcp('127.0.0.1', 80)],
    ['unix:/run/shop.sock', { kind: 'unix', path: '/run/shop.sock' }],
    ['unix:///run/shop.sock', { kind: 'unix', path: '/run/shop.sock' }],
    ['unix:shop.sock', { kind: 'unix', path: 'shop.sock' }],
  ])('%s', (bind, address) => {
    expect(parseAddress(bind)).toEqual(address);
  });

  test.each(['fd://3', '::1', '::1:8000', 'host:port', 'unix:'])('%s is none that is known', (bind) => {
    expect(parseAddress(bind)).toBeNull();
  });
});
