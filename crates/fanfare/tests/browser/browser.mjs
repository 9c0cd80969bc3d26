// What the journeys share: a browser, a receiver of webhooks, the API, and checks that hold on every page.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { mkdirSync, readFileSync } from 'node:fs';

// The working directory is where `cargo xtask test` installed the packages.
const require = createRequire(`${process.cwd()}/`);
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const { BASE, KEY, LINK, SHOTS } = process.env;
mkdirSync(SHOTS, { recursive: true });

export const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });

/// A page that fails its test when the browser complains, of a blocked script for instance.
export async function open(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, baseURL: BASE, reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  page.on('dialog', (dialog) => { page.complaints.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on('console', (message) => {
    const expected = /the server responded with a status of 4/;
    if (message.type() === 'error' && !expected.test(message.text())) page.complaints.push(message.text());
  });
  return page;
}

export async function close(page) {
  assert.deepEqual(page.complaints, []);
  await page.context().close();
}

/// A receiver that answers as it is told and keeps what it got.
export async function receiver() {
  const inbox = { got: [], answer: { status: 200, body: 'taken' } };
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      inbox.got.push({ method: request.method, headers: request.headers, body: Buffer.concat(chunks) });
      response.writeHead(inbox.answer.status, { 'content-type': 'text/plain' });
      response.end(inbox.answer.body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  inbox.url = `http://127.0.0.1:${server.address().port}/hooks`;
  return inbox;
}

export async function api(method, path, body, key = KEY) {
  const response = await fetch(`${BASE}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

/// An application of its own for one journey, with a catalogue beside it.
export async function application(uid, name = 'Acme GmbH') {
  const made = await api('POST', '/app?get_if_exists=true', { uid, name });
  const schema = (amount) => ({ 1: { type: 'object', properties: { invoice: { type: 'string', examples: ['in_42'] }, amount: { type: 'integer', example: amount } } } });
  const types = [
    ['invoice.paid', 'Billing', 'An invoice was paid in full.', 'Unlocking what was bought.', schema(4200)],
    ['invoice.overdue', 'Billing', 'An invoice was not paid in time.', 'Reminding the customer.', schema(900)],
    ['user.created', 'Accounts', 'Somebody signed up.', 'Sending a welcome.', undefined],
    ['user.deleted', 'Accounts', 'An account was closed.', 'Erasing what was kept of it.', undefined],
  ];
  for (const [type, group, description, useCase, schemas] of types) {
    await api('PUT', `/event-type/${type}`, { groupName: group, description, useCase, schemas });
  }
  return made;
}

export async function portalLink(uid, key = KEY) {
  return (await api('POST', `/auth/app-portal-access/${uid}`, {}, key)).url;
}

/// Waits for a condition that other processes bring about.
export async function until(what, condition) {
  const end = Date.now() + 15_000;
  for (;;) {
    const found = await condition();
    if (found) return found;
    assert.ok(Date.now() < end, `not in time: ${what}`);
    await new Promise((wake) => setImmediate(wake));
  }
}

/// axe-core finds nothing serious.
async function accessible(page, name) {
  if (!await page.evaluate(() => 'axe' in globalThis)) await page.evaluate(axe);
  const violations = await page.evaluate(async () => (await globalThis.axe.run({ resultTypes: ['violations'], elementRef: false })).violations);
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const said = serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html}\n  ${failureSummary}`).join('\n')}`);
  assert.deepEqual(said, [], name);
}

/// Light at a desk and dark on a phone: axe-core finds nothing serious, nothing is wider than its screen, and a
/// picture is kept.
export async function inspect(page, name) {
  for (const [colorScheme, width] of [['dark', 390], ['light', 1440]]) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${name} is ${wide} px wider than ${width}`);
    await accessible(page, `${name} in ${colorScheme} at ${width}`);
    await page.screenshot({ path: `${SHOTS}/${name}-${colorScheme}-${width}.png`, fullPage: true });
  }
}
