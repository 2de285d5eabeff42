/** As much of a browser as a person needs to say yes to a login: cookies, redirects, and forms that are filled in. */
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';

const pagesMax = 25;

/** Fills in each form that comes, until a page has none. @returns the text of that page. */
export async function fillInForms(
  start: string,
  ca: Buffer,
  answers: Readonly<Record<string, string>>,
): Promise<string> {
  const cookies = new Map<string, string>();
  let page = await open(start);
  for (let pages = 0; pages < pagesMax; pages += 1) {
    const form = /<form[^>]*>[\s\S]*?<\/form>/.exec(page.text)?.[0];
    if (!form) return page.text;
    const action = /action="([^"]+)"/.exec(form)?.[1] ?? '';
    const fields = [...form.matchAll(/<input[^>]*>/g)].map(([input]) => ({
      name: /name="([^"]+)"/.exec(input)?.[1] ?? '',
      value: /value="([^"]*)"/.exec(input)?.[1] ?? '',
    }));
    const filled = new URLSearchParams();
    for (const { name, value } of fields) if (name !== '') filled.append(name, value || (answers[name] ?? ''));
    page = await open(new URL(action.replaceAll('&amp;', '&'), page.url).href, filled.toString());
  }
  throw new Error(`more than ${pagesMax} pages`);

  async function open(address: string, body?: string): Promise<{ url: string; text: string }> {
    const { response, text } = await ask(address, body);
    for (const line of response.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    const { location } = response.headers;
    return location ? open(new URL(location, address).href) : { url: address, text };
  }

  function ask(address: string, body: string | undefined): Promise<{ response: IncomingMessage; text: string }> {
    return new Promise((resolve, reject) => {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const content = body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
      const options = {
        method: body === undefined ? 'GET' : 'POST',
        ca,
        headers: { cookie, accept: 'text/html', ...content },
      };
      const asking = request(address, options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ response, text }));
      });
      asking.on('error', reject).end(body);
    });
  }
}
