import { get } from 'node:http';

/** A page by a connection of its own: one that is kept open would end with its worker. */
export const page = async (port: number): Promise<string> =>
  new Promise((done, failed) => {
    get({ host: '127.0.0.1', port, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.once('end', () => done(text)).once('error', failed);
    }).once('error', failed);
  });
