// Deliveries as they happen: with script they appear by themselves, without it by loading the page again.
import assert from 'node:assert/strict';
import { api, application, close, open, portalLink, receiver, until } from './browser.mjs';

export async function live({ script }) {
  const uid = script ? 'live' : 'live-plain';
  await application(uid);
  const [hooks, other] = [await receiver(), await receiver()];
  const endpoint = await api('POST', `/app/${uid}/endpoint`, { url: hooks.url });
  await api('POST', `/app/${uid}/endpoint`, { url: other.url, filterTypes: ['user.deleted'] });
  const post = (eventType = 'invoice.paid') => api('POST', `/app/${uid}/msg`, { eventType, payload: { invoice: '<i>in_1</i>' } });
  const page = await open({ javaScriptEnabled: script });
  await page.goto(await portalLink(uid));
  await page.getByRole('link', { name: 'Live' }).click();
  await page.getByText('Nothing yet.').waitFor();
  const rows = page.locator('[data-delivery]');
  const shown = (text, count) => until(`${count} rows with ${text}`, async () => {
    if (!script) await page.getByRole('link', { name: 'Reload' }).click();
    return await rows.filter({ hasText: text }).count() === count;
  });
  const status = page.getByRole('status');
  if (script) await status.getByText('as they happen').waitFor();

  // Each delivery is one row, however often it changes; a failure is one with its code.
  await post();
  await shown('Delivered', 1);
  hooks.answer = { status: 503, body: 'later' };
  await post();
  await shown('Retrying', 1);
  await shown('503', 1);
  assert.equal(await rows.count(), 2);
  assert.ok((await rows.first().textContent()).includes('Retrying'), 'the newest change is on top');
  hooks.answer = { status: 200, body: 'taken' };

  // One endpoint, or one status, alone.
  await page.getByLabel('Endpoint').selectOption({ label: hooks.url });
  if (!script) await page.getByRole('button', { name: 'Show' }).click();
  await page.getByRole('link', { name: 'Show all' }).waitFor();
  if (script) await status.getByText('as they happen').waitFor();
  await post('user.deleted');
  await shown('user.deleted', 1);
  assert.equal(await rows.filter({ hasText: other.url }).count(), 0);
  await until('the other endpoint', () => other.got.length === 1);
  await page.getByRole('link', { name: 'Show all' }).click();
  await shown('user.deleted', 2);

  if (script) {
    // What happens while it is paused comes when it goes on.
    await status.getByText('as they happen').waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    const before = hooks.got.length;
    await post('user.created');
    await until('a delivery', () => hooks.got.length > before);
    assert.equal(await rows.filter({ hasText: 'user.created' }).count(), 0);
    await page.getByRole('button', { name: 'Go on' }).click();
    await shown('user.created', 1);
    await until('delivered', async () => (await rows.filter({ hasText: 'user.created' }).textContent()).includes('Delivered'));
  }

  // The row leads to its message. Another's endpoint is not found, neither as a page nor as a stream.
  await rows.filter({ hasText: 'invoice.paid' }).first().getByRole('link').first().click();
  await page.getByRole('heading', { name: 'Payload' }).waitFor();
  await application(`${uid}-other`);
  const foreign = await api('POST', `/app/${uid}-other/endpoint`, { url: other.url });
  for (const path of ['/portal/live', '/portal/live/stream']) {
    assert.equal((await page.request.get(`${path}?endpoint=${foreign.id}`)).status(), 404, path);
  }
  assert.equal((await page.goto(`/portal/live?endpoint=${endpoint.id}`)).status(), 200);

  // A session that has ended ends its streams.
  if (script) {
    await status.getByText('as they happen').waitFor();
    const elsewhere = await page.context().newPage();
    await elsewhere.goto('/portal');
    await elsewhere.getByRole('button', { name: 'Log out' }).click();
    await status.getByText('cannot be followed now').waitFor();
  } else {
    await page.getByRole('button', { name: 'Log out' }).click();
  }
  assert.equal((await page.request.get('/portal/live/stream')).status(), 401);
  await close(page);
}
