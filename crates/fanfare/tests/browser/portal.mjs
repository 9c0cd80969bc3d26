// A customer in the portal: the same journey with script and without.
import assert from 'node:assert/strict';
import { api, application, close, open, portalLink, receiver, until } from './browser.mjs';

export async function journey({ script }) {
  const uid = script ? 'journey' : 'journey-plain';
  await application(uid);
  const hooks = await receiver();
  const page = await open({ javaScriptEnabled: script });

  // The link opens once, and leaves the address bar at once.
  const link = await portalLink(uid);
  await page.goto(link);
  assert.equal(new URL(page.url()).pathname, '/portal');
  assert.ok(!page.url().includes('link='));
  const again = await open({ javaScriptEnabled: script });
  assert.equal((await again.goto(link)).status(), 410);
  await close(again);

  // A mistake comes back beside its field, with what was typed.
  await page.getByRole('link', { name: 'Add your first endpoint' }).click();
  await page.getByLabel('Description').fill('Our <billing> & system');
  await page.getByLabel('Only these').check();
  await page.getByLabel('invoice.paid').check();
  await page.locator('#url').evaluate((input) => { input.type = 'text'; }).catch(() => {});
  await page.getByLabel('URL', { exact: true }).fill('https://example.com/#part');
  await page.getByRole('button', { name: 'Add endpoint' }).click();
  await page.getByText('must not have a fragment').waitFor();
  assert.equal(await page.getByLabel('Description').inputValue(), 'Our <billing> & system');
  assert.ok(await page.getByLabel('Only these').isChecked());
  assert.ok(await page.getByLabel('invoice.paid').isChecked());
  assert.ok(!await page.getByLabel('user.created').isChecked());

  // Made: the secret is there once without asking.
  await page.getByLabel('URL', { exact: true }).fill(hooks.url);
  await page.getByRole('button', { name: 'Add endpoint' }).click();
  await page.getByRole('heading', { name: 'Endpoint added' }).waitFor();
  const secret = await page.locator('#secret').textContent();
  assert.match(secret, /^whsec_/);
  // Loading the page again neither makes a second endpoint nor shows the secret a second time.
  await page.reload();
  await page.getByRole('heading', { name: 'Endpoint added' }).waitFor();
  assert.ok(!(await page.content()).includes(secret));
  const other = await page.context().newPage();
  await other.goto('/portal');
  assert.equal(await other.locator('li.endpoint').count(), 1);
  await other.close();

  // Test: the request and the answer in place; the signature is the real one.
  await page.getByRole('link', { name: 'Send a test event' }).click();
  await page.getByLabel('Event type').selectOption('invoice.paid');
  await page.getByRole('button', { name: 'Send example' }).click();
  await until('the result', async () => {
    if (await page.locator('#result .attempts').count()) return true;
    if (!script) await page.getByRole('link', { name: 'Look again' }).click();
    return false;
  });
  assert.equal(hooks.got.length, 1);
  const result = await page.locator('#result').textContent();
  assert.ok(result.includes('webhook-signature: ' + hooks.got[0].headers['webhook-signature']), result);
  assert.ok(result.includes('"invoice": "in_42"') && result.includes('taken'), result);

  // A failure is explained, and sent again by hand once the server is well.
  hooks.answer = { status: 404, body: 'no <b>such</b> path' };
  await page.getByRole('button', { name: 'Send example' }).click();
  await until('the failure', async () => {
    if (await page.locator('#result', { hasText: 'There is nothing at this path' }).count()) return true;
    if (!script) await page.getByRole('link', { name: 'Look again' }).click();
    return false;
  });
  await page.getByRole('link', { name: 'The whole message' }).click();
  await page.getByText('Your server answered 404.').waitFor();
  hooks.answer = { status: 200, body: 'taken' };
  const before = hooks.got.length;
  await page.getByRole('button', { name: /Send (again|now)/ }).click();
  await page.getByText('It is being sent again.').waitFor();
  await until('the resent message', () => hooks.got.length > before);

  // Log: narrowed by what is asked, with the last attempt of each.
  await page.getByRole('link', { name: 'Endpoints' }).first().click();
  await page.getByRole('link', { name: hooks.url }).click();
  await page.getByRole('link', { name: 'Log' }).click();
  assert.equal(await page.locator('tbody tr').count(), 2);
  await page.getByLabel('Event type').fill('user.created');
  await page.getByRole('button', { name: 'Show' }).click();
  await page.getByText('Nothing matches').waitFor();
  const all = hooks.got.length;
  await api('POST', `/app/${uid}/msg`, { eventType: 'invoice.paid', eventId: 'a-needle-7', payload: {} });
  await until('the needle', () => hooks.got.length > all);
  await page.getByRole('link', { name: 'Show all' }).first().click();
  for (const [text, rows] of [['needle', 1], ['haystack', 0]]) {
    await page.getByLabel('Text in event id').fill(text);
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByRole('link', { name: 'Show all' }).first().waitFor();
    assert.equal(await page.locator('tbody tr').count(), rows, text);
  }

  // Pause and resume, edit, reveal, replace.
  await page.getByRole('link', { name: 'Overview' }).click();
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByText('Paused. Nothing is sent').waitFor();
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByLabel(/^All events/).check();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved.').waitFor();
  await page.getByText('All events, also those added later').waitFor();
  await page.getByRole('link', { name: 'Show or replace' }).click();
  assert.ok(!(await page.content()).includes(secret));
  await page.getByRole('button', { name: 'Reveal' }).click();
  assert.equal(await page.locator('#secret').textContent(), secret);
  await page.getByRole('button', { name: 'Replace secret' }).click();
  await page.getByText('The new secret is in use.').waitFor();
  const second = await page.locator('#secret').textContent();
  assert.notEqual(second, secret);
  await page.reload();
  await page.getByText('The new secret is in use.').waitFor();
  assert.ok(!(await page.content()).includes(second));
  await page.getByRole('button', { name: 'Reveal' }).click();
  assert.equal(await page.locator('#secret').textContent(), second, 'a reload replaces nothing');

  // The theme is kept.
  await page.getByRole('button', { name: 'Dark' }).click();
  assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark');

  // Delete, after a question.
  await page.goto('/portal');
  await page.getByRole('link', { name: hooks.url }).click();
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('link', { name: 'Delete…' }).click();
  await page.getByRole('button', { name: 'Delete endpoint' }).click();
  await page.getByText('The endpoint was deleted.').waitFor();
  await page.getByText('No endpoints yet').waitFor();

  // Logged out is logged out.
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByRole('heading', { name: 'You are logged out' }).waitFor();
  assert.equal((await page.goto('/portal')).status(), 401);
  await close(page);
}
