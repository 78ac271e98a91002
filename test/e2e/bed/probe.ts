import { readFileSync } from 'node:fs';
import { request as plain } from 'node:http';
import { request as secure } from 'node:https';
import { join } from 'node:path';
import { API_SERVER, authorityOf, type Places } from './places.ts';

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Whether a health address answers 200. Its certificate is not looked at: nothing secret is sent there. */
export async function answers(url: string): Promise<boolean> {
  return (await get(url, { rejectUnauthorized: false })).status === 200;
}

/** An object of the API, as admin; undefined where there is none. Polling with kubectl would cost ten times as much. */
export async function readObject<T>(places: Places, path: string): Promise<T | undefined> {
  const { status, body } = await get(`${API_SERVER}${path}`, asAdmin(places));
  return status === 200 ? (JSON.parse(body) as T) : undefined;
}

/** What a request to the API server is sent with. */
export function asAdmin(places: Places) {
  const token = readFileSync(join(places.credentials, 'admin.token'), 'utf8');
  return { ca: readFileSync(authorityOf(places)), headers: { authorization: `Bearer ${token}` } };
}

function get(url: string, options: object): Promise<Answer> {
  const request = url.startsWith('https:') ? secure : plain;
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent: false, timeout: 5_000, ...options }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    sent.on('timeout', () => sent.destroy(new Error('timeout')));
    sent.on('error', reject);
    sent.end();
  });
}
