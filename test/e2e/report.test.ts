import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { makeTestDirectory } from '../rig/directory.ts';
import { distFolder } from '../rig/project.ts';
import { findProgram, unlessMissing } from '../rig/requirement.ts';

const it = unlessMissing('chromium', 'chromium');
/** Looks at the page from within: a script of its own, since it knows another world than ours. */
const readability = readFileSync(new URL('readability.mjs', import.meta.url), 'utf8');

interface Readability {
  /** How much wider it is than the screen. */
  readonly overflowPx: number;
  readonly smallestPx: number;
  readonly faintest: { readonly contrast: number; readonly text: string };
  readonly background: readonly number[];
}

/** About eighty columns of the report's text, and a phone. */
const narrow = { width: 640, height: 900 };
const phone = { width: 375, height: 800 };

describe('the HTML report of the demo in a real browser', () => {
  const directory = makeTestDirectory();
  const path = join(directory.path, 'report.html');
  let browser: Browser | undefined;

  beforeAll(async () => {
    const executablePath = findProgram('chromium');
    if (executablePath === undefined) return;
    const args = [join(distFolder, 'leash.js'), 'demo', '--report', path];
    const demo = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    let told = '';
    demo.stdout.setEncoding('utf8').on('data', (text: string) => {
      told += text;
    });
    const [code] = await once(demo, 'close');
    if (code !== 0) throw new Error(`the demo ended with ${code}: ${told.slice(-2000)}`);
    // A browser of root has no sandbox; what it opens here is only what we have written.
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    directory.remove();
  });

  interface Opened {
    readonly page: Page;
    /** What it asked for beside itself, and what its console says. */
    readonly complaints: readonly string[];
  }
  async function open(viewport: { width: number; height: number }, colorScheme: 'light' | 'dark'): Promise<Opened> {
    const page = await (browser as Browser).newPage({ viewport, colorScheme });
    const complaints: string[] = [];
    const url = pathToFileURL(path).href;
    page.on('request', (request) => void (request.url() !== url && complaints.push(`asks for ${request.url()}`)));
    page.on('console', (message) => void complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => void complaints.push(error.message));
    await page.goto(url);
    return { page, complaints };
  }

  it('asks for nothing from elsewhere and complains of nothing', async () => {
    const { page, complaints } = await open({ width: 1280, height: 900 }, 'light');
    expect(await page.title()).toMatch(/^shop-worker-pause: /);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('shows a plot of each metric, with the fault in its place and within its frame', async () => {
    const { page } = await open({ width: 1280, height: 900 }, 'light');
    const plots = page.locator('svg.plot');
    expect(await plots.count()).toBeGreaterThanOrEqual(2);
    for (const plot of await plots.all()) {
      const frame = await plot.boundingBox();
      const window = await plot.locator('rect.window').first().boundingBox();
      expect(frame && window && window.width > 2 && window.height > 40).toBe(true);
      expect(window?.x).toBeGreaterThan(frame?.x ?? 0);
      expect((window?.x ?? 0) + (window?.width ?? 0)).toBeLessThanOrEqual((frame?.x ?? 0) + (frame?.width ?? 0));
      expect((await plot.locator('polyline.series').getAttribute('points'))?.split(' ').length).toBeGreaterThan(5);
    }
    await page.close();
  });

  it.each([
    ['eighty columns', narrow, 'light'],
    ['a phone', phone, 'light'],
    ['a phone in the dark', phone, 'dark'],
  ] as const)(
    'fits on %s: nothing is cut off, and no text is too small or too faint',
    async (_what, viewport, scheme) => {
      const { page } = await open(viewport, scheme);
      const seen = (await page.evaluate(readability)) as Readability;
      expect(seen.overflowPx).toBe(0);
      expect(seen.smallestPx).toBeGreaterThanOrEqual(9);
      // Contrast of text against what is behind it, as WCAG 2.1 counts it; 4.5 is its bound for small text.
      expect(seen.faintest).toMatchObject({ contrast: expect.any(Number) });
      expect(seen.faintest.contrast).toBeGreaterThanOrEqual(4.5);
      const [red = 0] = seen.background;
      expect(red < 128).toBe(scheme === 'dark');
      await page.close();
    },
  );

  it('holds no script', () => {
    expect(readFileSync(path, 'utf8')).not.toMatch(/<script|<link|<img|@import/);
  });
});
