// Replays: a customer recovers what was lost, counted before and with its progress; an operator calls one off.
import assert from 'node:assert/strict';
import { KEY, api, application, close, open, portalLink, receiver, until } from './browser.mjs';

/// An endpoint that was given so many events up.
async function lost(uid, count) {
  await application(uid, 'Lossy Ltd');
  const hooks = await receiver();
  hooks.answer = { status: 500, body: 'down' };
  const endpoint = await api('POST', `/app/${uid}/endpoint`, { url: hooks.url, retrySchedule: [] });
  for (let number = 0; number < count; number += 1) {
    await api('POST', `/app/${uid}/msg`, { eventType: number % 2 ? 'invoice.paid' : 'user.created', payload: { number } });
  }
  await until('failures', async () => (await api('GET', `/app/${uid}/delivery?state=failed&limit=50`)).data.length === count);
  hooks.answer = { status: 200, body: 'taken' };
  hooks.got.length = 0;
  return { hooks, endpoint };
}

export async function recover({ script }) {
  const uid = script ? 'recover' : 'recover-plain';
  const { hooks, endpoint } = await lost(uid, 12);
  const page = await open({ javaScriptEnabled: script });
  await page.goto(await portalLink(uid));
  await page.getByRole('link', { name: hooks.url }).click();
  await page.getByRole('link', { name: 'Recover' }).click();

  // A mistake comes back beside its field, with what was typed.
  await page.getByLabel('Failed or blocked').uncheck();
  await page.getByLabel('Deliveries a second').fill('50');
  await page.getByRole('button', { name: 'Count' }).click();
  await page.getByText('Choose at least one').waitFor();
  assert.equal(await page.getByLabel('Deliveries a second').inputValue(), '50');

  // Counted, and nothing is sent. Of one type there are fewer, and of another kind none.
  await page.getByLabel('Failed or blocked').check();
  await page.getByRole('button', { name: 'Count' }).click();
  await page.getByRole('heading', { name: '12 deliveries to send again' }).waitFor();
  await page.getByText('Only some event types').click();
  await page.getByLabel('invoice.paid').check();
  await page.getByRole('button', { name: 'Count' }).click();
  await page.getByRole('heading', { name: '6 deliveries to send again' }).waitFor();
  assert.ok(await page.getByLabel('invoice.paid').isChecked());
  await page.getByLabel('Failed or blocked').uncheck();
  await page.getByLabel(/^Delivered/).check();
  await page.getByRole('button', { name: 'Count' }).click();
  await page.getByRole('heading', { name: 'Nothing to send' }).waitFor();
  assert.equal(hooks.got.length, 0);

  // Sent again, once each, with its progress.
  await page.getByLabel(/^Delivered/).uncheck();
  await page.getByLabel('Failed or blocked').check();
  await page.getByRole('button', { name: 'Count' }).click();
  await page.getByRole('button', { name: 'Send 6 deliveries again' }).click();
  await page.getByText('It has begun.').waitFor();
  const follow = async () => { if (!script) await page.getByRole('link', { name: 'Reload' }).click().catch(() => {}); };
  const stands = (word) => until(word, async () => {
    if (await page.locator('#progress .badge', { hasText: word }).count()) return true;
    await follow();
    return false;
  });
  await stands('Done');
  await page.getByText('6 of 6').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Cancel' }).count(), 0);
  await until('what was lost', () => hooks.got.length === 6);
  assert.equal(new Set(hooks.got.map(({ headers }) => headers['webhook-id'])).size, 6);

  // A slow one is called off; what it had not sent stays unsent.
  await page.goto(`/portal/endpoints/${endpoint.id}/recover`);
  await page.getByLabel('Deliveries a second').fill('1');
  await page.getByRole('button', { name: 'Count' }).click();
  await page.getByRole('button', { name: 'Send 6 deliveries again' }).click();
  await stands('Running');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('What was queued before is sent all the same').waitFor();
  await stands('Cancelled');
  const { data } = await api('GET', `/app/${uid}/replay`);
  assert.deepEqual(data.map(({ status }) => status).sort(), ['cancelled', 'done']);
  assert.ok(data.find(({ status }) => status === 'cancelled').sent < 6);
  await page.getByRole('link', { name: 'Replays' }).first().click();
  assert.equal(await page.locator('tbody tr', { hasText: `to ${hooks.url}` }).count(), 2);

  // Another's replay is not found; without a session there is none.
  await application(`${uid}-other`);
  const since = '2020-01-01T00:00:00Z';
  const foreign = await api('POST', `/app/${uid}-other/replay`, { since });
  assert.equal((await page.goto(`/portal/replays/${foreign.id}`)).status(), 404);
  await close(page);
}

export async function operator() {
  await lost('lossy', 12);
  const page = await open();
  await page.goto('/console/login');
  await page.getByLabel('API key').fill(KEY);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('link', { name: 'Replays' }).click();
  await page.getByText('No replays yet').waitFor();
  await api('POST', '/app/lossy/replay', { since: '2020-01-01T00:00:00Z', rate: 1 });
  await page.getByRole('link', { name: 'Replays' }).click();
  const row = page.locator('tbody tr', { hasText: 'Lossy Ltd' });
  await until('running', async () => {
    await page.getByRole('link', { name: 'Reload' }).click();
    return row.getByText('Running').count();
  });
  await row.getByRole('button', { name: 'Cancel the replay of Lossy Ltd' }).click();
  await page.getByText('What was queued before is sent all the same').waitFor();
  await page.locator('#progress .badge', { hasText: 'Cancelled' }).waitFor();
  await page.getByRole('link', { name: '← All applications' }).click();
  await page.getByRole('link', { name: 'Replays' }).click();
  await row.getByText('Cancelled').waitFor();
  await page.getByRole('link', { name: 'Audit log' }).click();
  await page.getByText('replay cancel').first().waitFor();
  await close(page);
}
