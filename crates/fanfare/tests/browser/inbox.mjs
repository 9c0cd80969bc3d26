// Inboxes: a URL of this server that keeps what arrives. The server of this journey may reach no private network,
// as in production.
import assert from 'node:assert/strict';
import { BASE, LINK, api, application, close, inspect, open, portalLink, until } from './browser.mjs';

const post = (uid, eventType, payload) => api('POST', `/app/${uid}/msg`, { eventType, payload });

/// Makes an inbox and an endpoint that sends there; the inbox's page is open then.
async function makeInbox(page, base = '/portal') {
  await page.goto(base);
  await page.getByRole('link', { name: 'Inbox', exact: true }).click();
  await page.getByRole('button', { name: 'Make an inbox' }).click();
  await page.getByText('The inbox is there.').waitFor();
  const url = await page.locator('#inbox-url').textContent();
  assert.match(url, new RegExp(`^${BASE}/in/[A-Za-z0-9_-]{43}$`));
  const here = new URL(page.url()).pathname;
  await page.getByRole('link', { name: 'Add it as an endpoint' }).click();
  assert.equal(await page.getByLabel('URL', { exact: true }).inputValue(), url);
  const types = page.locator('#events input[type=radio]');
  if (await types.count()) await types.first().check();
  await page.getByRole('button', { name: 'Add endpoint' }).click();
  await page.getByRole('heading', { name: 'Endpoint added' }).waitFor();
  await page.goto(here);
  return { url, here };
}

export async function journey({ script }) {
  const uid = script ? 'inbox' : 'inbox-plain';
  await application(uid);
  const page = await open({ javaScriptEnabled: script });
  await page.goto(await portalLink(uid));
  const { url, here } = await makeInbox(page);
  const seen = (what, locator) => until(what, async () => {
    if (await locator.count()) return true;
    if (!script) await page.goto(here);
    return false;
  });

  // What we send arrives without the network, signed, exactly as a receiver would see it.
  await page.getByText('Nothing yet.').waitFor();
  await post(uid, 'invoice.paid', { invoice: 'in_1', text: '<b>"&' });
  await seen('the first request', page.getByRole('heading', { name: 'Request 1' }));
  const head = await page.locator('#arrived-head').textContent();
  assert.ok(head.startsWith(`POST ${new URL(url).pathname}\nHost: ${new URL(url).host}\n`), head);
  assert.match(head, /webhook-signature: v1,/);
  assert.equal(await page.locator('#arrived-body').textContent(), '{"invoice":"in_1","text":"<b>\\"&"}');
  assert.ok((await page.locator('#arrived-json').textContent()).includes('\n  "invoice": "in_1",'));
  assert.ok(await page.locator('.request .heading .badge', { hasText: 'Right' }).count());
  await page.locator('.checks li', { hasText: 'signature webhook-signature' }).getByText('Right').waitFor();

  // What comes from elsewhere is kept too, and told apart.
  const forged = await fetch(url, { method: 'POST', body: 'hello', headers: { 'x-note': 'from outside' } });
  assert.equal(forged.status, 200);
  await seen('the second request', page.getByRole('heading', { name: 'Request 2' }));
  assert.match(await page.locator('#arrived-head').textContent(), /x-note: from outside/);
  await page.locator('.checks li', { hasText: 'signature webhook-signature' }).getByText('Wrong', { exact: true }).waitFor();
  if (script) await inspect(page, 'portal-inbox');

  // The one before stays chosen while others arrive.
  await page.getByRole('link', { name: '1 · POST' }).click();
  await page.getByRole('heading', { name: 'Request 1' }).waitFor();
  assert.equal((await fetch(`${url}?a=b`, { method: 'DELETE' })).status, 200);
  await until('the third request', async () => {
    if (!script) await page.reload();
    return page.getByRole('link', { name: '3 · DELETE' }).count();
  });
  assert.equal(await page.getByRole('heading', { name: 'Request 1' }).count(), 1);
  await page.getByRole('link', { name: 'Follow the newest' }).click();
  await page.getByText('It has none.').waitFor();
  assert.match(await page.locator('#arrived-head').textContent(), /^DELETE \/in\/[^?]+\?a=b\n/);

  // A failure that was asked for is repeated like any other.
  await page.getByLabel('It answers').selectOption('500');
  await page.getByRole('button', { name: 'Save' }).click();
  assert.equal((await fetch(url, { method: 'POST' })).status, 500);
  const message = await post(uid, 'invoice.overdue', { invoice: 'in_2' });
  const attempt = await until('the failed attempt', async () => (await api('GET', `/app/${uid}/attempt/msg/${message.id}`)).data[0]);
  assert.equal(attempt.responseStatusCode, 500);

  // Deleted after a question; its URL is nothing any more.
  await page.goto(here);
  await page.getByRole('link', { name: 'Delete inbox…' }).click();
  await page.getByText('1 of your endpoints send here').waitFor();
  await page.getByRole('button', { name: 'Delete inbox' }).click();
  await page.getByText('The inbox was deleted.').waitFor();
  assert.equal((await fetch(url, { method: 'POST' })).status, 404);
  assert.equal((await page.goto(here)).status(), 404);
  await close(page);
}

/// Bounds, and what others can do.
export async function bounds() {
  await application('bounds');
  await application('others', 'Others');
  const page = await open();
  await page.goto(await portalLink('bounds'));
  const { url, here } = await makeInbox(page);
  const csrf = await page.locator('input[name=csrf]').first().inputValue();

  // Another customer, and whoever has no session, find nothing there.
  const other = await open();
  await other.goto(await portalLink('others'));
  for (const path of [here, `${here}/delete`, '/portal/inbox/nonsense']) assert.equal((await other.goto(path)).status(), 404, path);
  const form = async (session, path, body) => fetch(BASE + path, {
    method: 'POST', redirect: 'manual', body,
    headers: { cookie: (await session.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; '), 'content-type': 'application/x-www-form-urlencoded' },
  });
  await other.goto('/portal/inbox');
  const theirs = await other.locator('input[name=csrf]').first().inputValue();
  assert.equal((await form(other, `${here}/answer`, `csrf=${theirs}&status=410&wait=0`)).status, 404);
  assert.equal((await form(other, `${here}/delete`, `csrf=${theirs}`)).status, 404);
  assert.equal((await form(page, `${here}/answer`, `csrf=${csrf}&status=418&wait=0`)).status, 409);
  assert.equal((await form(page, `${here}/answer`, `csrf=${csrf}&status=200&wait=3600`)).status, 409);
  assert.equal((await fetch(BASE + here)).status, 401);

  // Unknown addresses answer alike, whatever they look like.
  const answers = new Set();
  for (const token of [url.split('/in/')[1].replace(/^./, (c) => (c === 'A' ? 'B' : 'A')), 'A'.repeat(43), 'short', '%00']) {
    const answer = await fetch(`${BASE}/in/${token}`, { method: 'POST', body: 'x' });
    answers.add(`${answer.status} ${answer.headers.get('content-type')} ${await answer.text()}`);
  }
  assert.deepEqual([...answers], ['404 text/plain; charset=utf-8 there is no such inbox\n']);

  // Too large, too many.
  assert.equal((await fetch(url, { method: 'POST', body: 'x'.repeat(1024 * 1024 + 1) })).status, 413);
  assert.equal((await fetch(url, { method: 'POST', body: 'y'.repeat(200 * 1024) })).status, 200);
  await page.goto(here);
  await page.getByText('Only the first 128 KiB are kept').waitFor();
  const statuses = await Promise.all(Array.from({ length: 60 }, async () => (await fetch(url, { method: 'POST' })).status));
  assert.ok(statuses.includes(429) && statuses.includes(200), statuses.join(' '));
  for (const number of [2, 3]) {
    await page.goto('/portal/inbox');
    await page.getByRole('button', { name: 'Make an inbox' }).click();
    await page.getByRole('heading', { name: /^Inbox …/ }).waitFor();
    assert.ok(number);
  }
  await page.goto('/portal/inbox');
  assert.equal(await page.locator('tbody tr').count(), 3);
  assert.equal(await page.getByRole('button', { name: 'Make an inbox' }).count(), 0);
  assert.equal((await form(page, '/portal/inbox', `csrf=${csrf}`)).status, 409);
  await inspect(page, 'portal-inboxes');

  // Nothing else of this server can be reached, however it is written.
  const token = url.split('/in/')[1];
  const port = new URL(url).port;
  for (const path of ['/metrics', `/in/${token}/../../metrics`, `/in/${token}%2F..`, '/in/', `//in/${token}`]) {
    const endpoint = await api('POST', '/app/bounds/endpoint', { url: `http://127.0.0.1:${port}${path}`, filterTypes: ['user.created'] });
    const message = await post('bounds', 'user.created', {});
    const attempt = await until(path, async () => (await api('GET', `/app/bounds/attempt/endpoint/${endpoint.id}`)).data[0]);
    assert.equal(attempt.responseStatusCode, 0, path);
    await page.goto(`/portal/messages/${message.id}`);
    await page.getByText('The name leads to a private or reserved address').waitFor();
    await api('DELETE', `/app/bounds/endpoint/${endpoint.id}`);
  }
  await close(other);
  await close(page);
}

/// Each profile's requests are checked by its own rules.
export async function profiles() {
  const root = await open();
  await root.goto(LINK);
  for (const profile of ['trimoji', 'talview', 'qualifio', 'jofi', 'trutac']) {
    await root.goto('/console/environments');
    await root.getByLabel('Name').fill(profile);
    await root.getByLabel('Profile').selectOption(profile);
    await root.getByRole('button', { name: 'Add environment' }).click();
    const key = await root.locator('#token').textContent();
    const made = await api('POST', '/app', { uid: 'customer', name: `A customer of ${profile}` }, key);
    let page = root;
    let base = '/portal';
    if (profile === 'jofi') {
      // The platform configures: the customer has no inbox, the operator has.
      const customer = await open();
      await customer.goto(await portalLink('customer', key));
      assert.equal(await customer.getByRole('link', { name: 'Inbox', exact: true }).count(), 0);
      assert.equal((await customer.goto('/portal/inbox')).status(), 403);
      await close(customer);
      await root.goto('/console/environments');
      await root.getByRole('link', { name: profile, exact: true }).click();
      base = `${new URL(root.url()).pathname}/apps/${made.id}`;
    } else {
      page = await open();
      await page.goto(await portalLink('customer', key));
    }
    await makeInbox(page, base);
    await page.getByRole('link', { name: 'Send it a test event' }).click();
    const types = await page.locator('#event option').evaluateAll((options) => options.map(({ value }) => value));
    await page.getByLabel('Event type').selectOption(types.find((type) => !type.startsWith('*')));
    await page.getByRole('button', { name: 'Send example' }).click();
    await page.locator('#result .attempts').waitFor();
    await page.goto(base);
    await page.getByRole('link', { name: 'Inbox', exact: true }).click();
    await page.getByRole('link', { name: /^Inbox …/ }).click();
    await page.getByRole('heading', { name: /^Request \d+$/ }).waitFor();
    const checks = await page.locator('.checks').innerText();
    assert.equal(await page.locator('.checks .badge', { hasText: 'Wrong' }).count(), 0, `${profile}: ${checks}`);
    // The others look the same but for the words; a customer's page is inspected above.
    if (page === root) await inspect(page, `inbox-${profile}`);
    if (page !== root) await close(page);
  }
  await close(root);
}
