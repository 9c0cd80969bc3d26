// An operator in the console: login by key and by link, keys, event types, environments, a customer's endpoint.
import assert from 'node:assert/strict';
import { BASE, KEY, LINK, api, application, close, open, receiver } from './browser.mjs';

export async function operator() {
  await application('customer', 'Customer AG');
  const hooks = await receiver();
  const page = await open();

  // Login by key: a wrong one is refused beside its field; the page that was wanted comes afterwards.
  await page.goto('/console/environments');
  await page.getByLabel('API key').fill('sk_live_wrong');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByText('This is no valid key of this server.').waitFor();
  await page.getByLabel('API key').fill(KEY);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('heading', { name: 'Environments' }).waitFor();
  assert.equal(await page.locator('tbody tr').count(), 1, 'a key sees its own environment only');
  assert.equal(await page.getByRole('button', { name: 'Add environment' }).count(), 0);
  assert.equal((await page.goto('/console/health')).status(), 403);

  // Everything of the portal for any application.
  await page.goto('/console');
  await page.getByRole('link', { name: 'Applications' }).click();
  await page.getByRole('link', { name: 'Customer AG' }).click();
  await page.getByRole('link', { name: 'Add your first endpoint' }).click();
  await page.getByLabel('URL', { exact: true }).fill(hooks.url);
  await page.getByRole('button', { name: 'Add endpoint' }).click();
  await page.getByRole('heading', { name: 'Endpoint added' }).waitFor();
  await page.getByRole('link', { name: '← All applications' }).click();

  // A key is shown once, and ends when it is revoked.
  await page.getByRole('link', { name: 'Keys' }).click();
  await page.getByLabel('viewer').check();
  await page.getByRole('button', { name: 'Make key' }).click();
  const viewer = await page.locator('#token').textContent();
  const keys = await page.locator('tbody tr').count();
  await page.reload();
  assert.equal(await page.locator('#token').count(), 0);
  assert.equal(await page.locator('tbody tr').count(), keys, 'a reload makes no second key');
  // Two windows at once: each shows the key that was made in it.
  const windows = [await page.context().newPage(), await page.context().newPage()];
  const made = await Promise.all(windows.map(async (window) => {
    await window.goto(page.url());
    await window.getByLabel('publisher').check();
    await window.getByRole('button', { name: 'Make key' }).click();
    return window.locator('#token').textContent();
  }));
  assert.notEqual(made[0], made[1]);
  for (const key of made) await api('GET', '/app', undefined, key);
  for (const window of windows) await window.close();
  await api('GET', '/app', undefined, viewer);
  const reader = await open();
  await reader.goto('/console/login');
  await reader.getByLabel('API key').fill(viewer);
  await reader.getByRole('button', { name: 'Log in' }).click();
  await reader.getByRole('link', { name: 'Keys' }).click();
  assert.equal(await reader.getByRole('button', { name: 'Make key' }).count(), 0);
  await page.goto(page.url());
  assert.ok(!(await page.content()).includes(viewer));
  await page.locator('tr', { hasText: 'viewer' }).getByRole('link', { name: 'Revoke…' }).click();
  await page.getByRole('button', { name: 'Revoke key' }).click();
  await page.locator('tr', { hasText: 'viewer' }).getByText('Revoked').waitFor();
  await reader.goto('/console');
  assert.equal(new URL(reader.url()).pathname, '/console/login', 'a session ends with its key');
  await close(reader);

  // An event type, with a mistake first.
  await page.getByRole('link', { name: 'Event types' }).click();
  await page.getByRole('link', { name: 'Add event type' }).click();
  await page.getByLabel('Name').fill('order.placed');
  await page.getByLabel('JSON Schemas').fill('{"1": 5}');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.locator('.wrong').waitFor();
  assert.equal(await page.getByLabel('Name').inputValue(), 'order.placed');
  await page.getByLabel('JSON Schemas').fill('{"1": {"type": "object"}}');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('link', { name: 'order.placed' }).click();
  await page.getByLabel('Archived').check();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.locator('tr', { hasText: 'order.placed' }).getByText('Archived').waitFor();
  await page.getByRole('link', { name: 'Audit log' }).click();
  await page.getByText(/event type (put|update)/).first().waitFor();

  // By the link: the whole server. It opens once.
  const root = await open();
  await root.goto(`${LINK}&to=/console/environments`);
  assert.equal(new URL(root.url()).pathname, '/console/environments');
  assert.equal((await fetch(`${LINK}&to=//elsewhere.example`, { redirect: 'manual' })).status, 410, 'it opens once');
  await root.goto('/console/environments');
  await root.getByLabel('Name').fill('trutac');
  await root.getByLabel('Profile').selectOption('trutac');
  await root.getByRole('button', { name: 'Add environment' }).click();
  await root.getByText('The admin key of trutac').waitFor();
  await root.getByRole('link', { name: 'Health' }).click();
  await root.getByText('Balanced').waitFor();
  assert.equal((await root.goto(LINK)).status(), 410);
  await close(root);

  await page.getByRole('button', { name: 'Log out' }).click();
  await page.goto('/console');
  assert.equal(new URL(page.url()).pathname, '/console/login');
  await close(page);

  // Guessing ends after a while.
  let status = 0;
  for (let tries = 0; tries < 12 && status !== 429; tries += 1) {
    status = (await fetch(`${BASE}/console/enter?link=guess${tries}`, { redirect: 'manual' })).status;
  }
  assert.equal(status, 429);
}
