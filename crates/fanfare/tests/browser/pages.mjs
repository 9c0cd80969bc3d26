// Every page: accessible, no wider than a phone, a picture of each.
import assert from 'node:assert/strict';
import { BASE, KEY, LINK, api, application, close, inspect, open, portalLink, receiver, until } from './browser.mjs';

export async function portal() {
  const made = await application('pictures');
  const [well, ill] = [await receiver(), await receiver()];
  ill.answer = { status: 503, body: 'down for maintenance' };
  const endpoint = (url, description, filterTypes) => api('POST', '/app/pictures/endpoint', { url, description, filterTypes });
  const first = await endpoint(well.url, 'Billing', ['invoice.paid', 'invoice.overdue']);
  const second = await endpoint(ill.url, 'Data warehouse', undefined);
  for (let number = 0; number < 24; number += 1) {
    await api('POST', '/app/pictures/msg', { eventType: number % 3 ? 'invoice.paid' : 'user.created', payload: { invoice: `in_${number}`, amount: number * 100, customer: { name: 'Zoë', city: 'Zürich' } } });
  }
  const message = (await api('GET', '/app/pictures/msg?limit=1')).data[0];
  await until('deliveries', () => well.got.length >= 16 && ill.got.length >= 20);
  const page = await open();
  await page.goto(await portalLink('pictures'));
  await until('attempts in the log', async () => {
    const { data } = await api('GET', `/app/pictures/attempt/endpoint/${first.id}?limit=50`);
    return data.length >= 16;
  });
  const since = '2020-01-01T00:00:00Z';
  for (let number = 0; number < 2; number += 1) {
    await api('POST', '/app/pictures/replay', { since, states: ['succeeded'], endpointIds: [first.id], rate: 10_000 });
    await recorded('pictures', first, 16 * (number + 2));
  }
  const replay = await api('POST', '/app/pictures/replay', { since, states: ['succeeded'], eventTypes: ['invoice.paid'], rate: 1 });
  await until('a replay on its way', async () => (await api('GET', `/app/pictures/replay/${replay.id}`)).sent > 1);
  const pages = {
    'portal-endpoints': '/portal',
    'portal-new': '/portal/endpoints/new',
    'portal-endpoint': `/portal/endpoints/${second.id}`,
    'portal-log': `/portal/endpoints/${second.id}/log`,
    'portal-edit': `/portal/endpoints/${first.id}/edit`,
    'portal-secret': `/portal/endpoints/${first.id}/secret`,
    'portal-delete': `/portal/endpoints/${first.id}/delete`,
    'portal-test': `/portal/endpoints/${first.id}/test`,
    'portal-receiving': `/portal/endpoints/${first.id}/receiving`,
    'portal-recover': `/portal/endpoints/${second.id}/recover`,
    'portal-recover-count': `/portal/endpoints/${first.id}/recover?since=2020-01-01T00:00&kind=delivered&rate=20`,
    'portal-recover-mistakes': `/portal/endpoints/${first.id}/recover?since=soon&rate=0`,
    'portal-live': '/portal/live',
    'portal-replays': '/portal/replays',
    'portal-replay': `/portal/replays/${replay.id}`,
    'portal-messages': '/portal/messages',
    'portal-message': `/portal/messages/${message.id}`,
    'portal-events': '/portal/events',
  };
  for (const [name, path] of Object.entries(pages)) {
    const response = await page.goto(path);
    assert.equal(response.status(), 200, path);
    await inspect(page, name);
  }
  assert.equal((await page.goto('/portal/endpoints/ep_0000000000000000000000000000')).status(), 404);
  await inspect(page, 'portal-missing');
  await close(page);
  return made;
}

/// The API described: open to anybody, every operation with its fields and an example.
export async function docs() {
  const page = await open();
  assert.equal((await page.goto('/docs')).status(), 200);
  await inspect(page, 'docs');
  const described = await (await fetch(`${BASE}/api/v1/openapi.json`)).json();
  const calls = Object.entries(described.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
  const shown = (await page.locator('.call').allTextContents()).map((text) => text.replace(/\s+/g, ' ').trim());
  assert.deepEqual(shown.toSorted(), calls.toSorted());
  const tabs = await page.locator('.tabs a').evaluateAll((links) => links.map(({ href, textContent }) => [textContent, href]));
  for (const [name, href] of tabs.slice(1)) {
    assert.equal((await page.goto(href)).status(), 200, name);
    const operations = await page.locator('section.panel').count();
    assert.equal(await page.locator('pre[id^=curl-]').count(), operations, name);
    if (['Endpoint', 'Replay'].includes(name)) await inspect(page, `docs-${name.toLowerCase()}`);
  }
  await page.goto('/docs/message');
  const post = page.locator('#message-create-post');
  await post.locator('tr:visible', { hasText: 'eventType' }).getByText('at most 256 characters').first().waitFor();
  // The example does what it says.
  await api('POST', '/app', { uid: 'reader', name: 'Reader' });
  const body = (await post.locator('pre').textContent()).match(/-d '(.*)'/)[1];
  await api('POST', '/app/reader/msg', JSON.parse(body));
  assert.equal((await page.goto('/docs/nonsense')).status(), 404);
  await close(page);
}

/// An environment in which something happens: half of the attempts fail.
async function busy() {
  const made = await application('busy', 'Busy AG');
  const [well, ill] = [await receiver(), await receiver()];
  ill.answer = { status: 503, body: 'down for maintenance' };
  for (const { url } of [well, ill]) await api('POST', '/app/busy/endpoint', { url, retrySchedule: [3600] });
  for (let number = 0; number < 15; number += 1) await api('POST', '/app/busy/msg', { eventType: 'invoice.paid', payload: { number } });
  await until('deliveries', () => well.got.length >= 15 && ill.got.length >= 15);
  const link = await open();
  await link.goto('/console/login');
  await link.getByLabel('API key').fill(KEY);
  await link.getByRole('button', { name: 'Log in' }).click();
  await link.getByRole('link', { name: 'Overview' }).waitFor();
  const environment = new URL(link.url()).pathname.split('/')[2];
  await close(link);
  assert.ok(made.id && environment.startsWith('env_'), environment);
  return environment;
}

/// Not only received: what is chosen for a replay goes by what is recorded.
function recorded(app, endpoint, attempts) {
  return until(`${attempts} attempts`, async () => (await api('GET', `/app/${app}/attempt/endpoint/${endpoint.id}?limit=100`)).data.length >= attempts);
}

export async function console() {
  const page = await open();
  await page.goto('/console');
  assert.equal(new URL(page.url()).pathname, '/console/login');
  await inspect(page, 'console-login');
  await page.goto(LINK);
  const here = page.url();
  await inspect(page, 'console-overview-empty');
  // Charts show what happens a few seconds later, and the table beside them the same.
  const environment = await busy();
  await page.goto(`/console/${environment}`);
  await until('the charts', async () => {
    await page.goto(`/console/${environment}?last=hour`);
    return await page.locator('.tiles dd').first().textContent() === '15' && await page.getByText('Failing since').count();
  });
  assert.equal(await page.locator('.tiles dd').nth(2).textContent(), '50 %');
  assert.equal(await page.locator('figure.chart svg[role=img]').count(), 6);
  await page.getByText('The numbers as a table').click();
  const column = (number) => page.locator(`details td:nth-of-type(${number})`).allTextContents();
  const sum = async (number) => (await column(number)).reduce((all, text) => all + Number(text), 0);
  assert.deepEqual([await sum(1), await sum(2), await sum(3)], [15, 15, 15]);
  await inspect(page, 'console-overview');
  await page.getByRole('link', { name: 'Last 24 hours' }).click();
  assert.equal(await page.locator('.tiles dd').first().textContent(), '15');
  await inspect(page, 'console-overview-day');
  await application('customer', 'Customer AG');
  const hooks = await receiver();
  const endpoint = await api('POST', '/app/customer/endpoint', { url: hooks.url });
  for (let number = 0; number < 9; number += 1) await api('POST', '/app/customer/msg', { eventType: 'invoice.paid', payload: { number } });
  await recorded('customer', endpoint, 9);
  const replay = (rate) => api('POST', '/app/customer/replay', { since: '2020-01-01T00:00:00Z', states: ['succeeded'], rate });
  await replay(10_000);
  await recorded('customer', endpoint, 18);
  await replay(1);
  const pages = {
    'console-applications': '/apps',
    'console-event-types': '/event-types',
    'console-event-type-new': '/event-types/new',
    'console-keys': '/keys',
    'console-profiles': '/profiles',
    'console-profile': '/profiles/trutac',
    'console-audit': '/audit',
  };
  for (const [name, path] of Object.entries(pages)) {
    assert.equal((await page.goto(here + path)).status(), 200, path);
    await inspect(page, name);
  }
  // Each profile with the request that a sample makes, header names in their letter case.
  await page.goto(`${here}/profiles`);
  const profiles = await page.locator('tbody a').allTextContents();
  assert.ok(profiles.length >= 10, profiles.join(' '));
  for (const profile of profiles) {
    await page.goto(`${here}/profiles/${profile}`);
    assert.match(await page.locator('#head').textContent(), /^(POST|PUT|PATCH) \/webhooks HTTP\/1\.1\nHost: customer\.example\n/, profile);
  }
  await page.goto(`${here}/profiles/github`);
  assert.match(await page.locator('#head').textContent(), /\nX-Hub-Signature-256: sha256=[0-9a-f]{64}\n/);
  await page.goto(`${here}/profiles/talview?method=PATCH`);
  assert.match(await page.locator('#head').textContent(), /^PATCH /);
  assert.equal((await page.goto(`${here}/profiles/talview?event=nonsense`)).status(), 404);
  for (const name of ['environments', 'health']) {
    assert.equal((await page.goto(`/console/${name}`)).status(), 200, name);
    await inspect(page, `console-${name}`);
  }
  await page.goto('/console/environments');
  await page.getByRole('link', { name: 'test' }).click();
  await page.getByRole('link', { name: 'Replays' }).click();
  assert.equal(await page.locator('tbody tr').count(), 2);
  await inspect(page, 'console-replays');
  await close(page);
}
