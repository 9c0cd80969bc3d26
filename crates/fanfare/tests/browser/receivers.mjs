// The receivers that the pages show, run as they stand: they take what is genuine and nothing else.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LINK, api, close, open, portalLink, until } from './browser.mjs';

const LANGUAGES = { python: ['python3', 'receiver.py'], node: ['node', 'receiver.mjs'] };

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

async function connects(port) {
  return fetch(`http://127.0.0.1:${port}/`, { method: 'PUT', body: '{}' }).then(({ status }) => status === 401, () => false);
}

export async function receivers() {
  const directory = mkdtempSync(join(tmpdir(), 'receivers-'));
  const root = await open();
  await root.goto(LINK);
  const keys = {};
  for (const profile of ['standard', 'trimoji', 'qualifio', 'trutac', 'github']) {
    await root.goto('/console/environments');
    await root.getByLabel('Name').fill(`wire-${profile}`);
    await root.getByLabel('Profile').selectOption(profile);
    await root.getByRole('button', { name: 'Add environment' }).click();
    keys[profile] = await root.locator('#token').textContent();
  }
  await close(root);
  await Promise.all(Object.entries(keys).map(([profile, key]) => inProfile(profile, key, directory)));
  rmSync(directory, { recursive: true });
}

async function inProfile(profile, key, directory) {
  await api('POST', '/app', { uid: 'customer', name: 'Customer' }, key);
  await api('PUT', '/event-type/some.event', { description: 'Something happened.' }, key);
  const page = await open();
  await page.goto(await portalLink('customer', key));
  // The wildcard where the profile has one, else every type there is.
  await page.goto('/portal/endpoints/new');
  const port = await freePort();
  await page.getByLabel('URL', { exact: true }).fill(`http://127.0.0.1:${port}/hook`);
  if (!await page.getByLabel(/^All events/).count()) await page.locator('#events .choice input').first().check();
  await page.getByRole('button', { name: 'Add endpoint' }).click();
  await page.getByRole('heading', { name: 'Endpoint added' }).waitFor();
  const shown = await page.locator('#secret').count() ? await page.locator('#secret').textContent() : null;
  await page.getByRole('link', { name: 'To the endpoint' }).click();
  const here = page.url();
  if (!shown) {
    await page.goto(`${here}/secret`);
    await page.getByRole('button', { name: 'Set secret' }).click();
  }
  const secret = shown ?? await page.locator('#secret').textContent();
  for (const [language, [program, name]] of Object.entries(LANGUAGES)) {
    await page.goto(`${here}/receiving?language=${language}`);
    const file = join(directory, `${profile}-${name}`);
    writeFileSync(file, await page.locator('#code').textContent());
    const wrong = profile === 'standard' ? [[`${secret.slice(0, -4)}AAAA`, '401']] : [];
    for (const [given, expected] of [[secret, '200'], ...wrong]) {
      const child = spawn(program, [file], { env: { ...process.env, WEBHOOK_SECRET: given, PORT: String(port) }, stdio: 'ignore' });
      await until(`${language} listens`, () => connects(port));
      await page.goto(`${here}/test`);
      await page.getByLabel('Event type').selectOption('some.event');
      await page.getByRole('button', { name: 'Send example' }).click();
      await page.locator('#result .attempts').waitFor();
      const said = await page.locator('#result .attempts .badge').first().textContent();
      assert.equal(said.trim(), expected, `${profile} in ${language}`);
      child.kill();
      await once(child, 'exit');
    }
  }
  await close(page);
}
