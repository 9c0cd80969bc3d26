// What a stranger, another customer and another site may not do; what markup may not become.
import assert from 'node:assert/strict';
import { BASE, LINK, api, application, close, open, portalLink, receiver, until } from './browser.mjs';

export async function strangers() {
  await application('mine');
  await application('theirs', 'Others');
  const endpoint = (uid) => api('POST', `/app/${uid}/endpoint`, { url: 'http://127.0.0.1:9/hook' });
  const [mine, theirs] = [await endpoint('mine'), await endpoint('theirs')];
  const message = await api('POST', '/app/theirs/msg', { eventType: 'user.created', payload: {} });
  const page = await open();
  await page.goto(await portalLink('mine'));
  for (const path of [`endpoints/${theirs.id}`, `endpoints/${theirs.id}/secret`, `endpoints/${theirs.id}/log`, `messages/${message.id}`, 'endpoints/nonsense', 'nowhere']) {
    assert.equal((await page.goto(`/portal/${path}`)).status(), 404, path);
  }
  // A portal session opens no console.
  await page.goto('/console');
  assert.equal(new URL(page.url()).pathname, '/console/login');

  // A form without our token, with a wrong one, or from another site, changes nothing.
  const cookies = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
  const post = (body, headers = {}) => fetch(`${BASE}/portal/endpoints/${mine.id}/pause`, {
    method: 'POST', redirect: 'manual', body, headers: { cookie: cookies, 'content-type': 'application/x-www-form-urlencoded', ...headers },
  });
  await page.goto(`/portal/endpoints/${mine.id}`);
  const csrf = await page.locator('input[name=csrf]').first().inputValue();
  assert.equal((await post('')).status, 400);
  assert.equal((await post('csrf=wrong')).status, 400);
  assert.equal((await post(`csrf=${csrf}`, { 'sec-fetch-site': 'cross-site' })).status, 400);
  assert.equal((await post(`csrf=${csrf}&x=${'y'.repeat(300_000)}`)).status, 400);
  assert.equal((await post(`csrf=${csrf}`, { cookie: '' })).status, 401);
  await page.reload();
  assert.equal(await page.getByRole('button', { name: 'Pause' }).count(), 1);
  assert.equal((await post(`csrf=${csrf}`)).status, 303);

  // Headers of every page; assets are kept for good.
  const answer = await fetch(`${BASE}/console/login`);
  assert.match(answer.headers.get('content-security-policy'), /default-src 'none'; script-src 'self'; style-src 'self'/);
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  assert.match(answer.headers.get('set-cookie'), /HttpOnly; SameSite=Lax/);
  const html = await answer.text();
  assert.ok(!/<script(?![^>]*src=)|\sstyle=|\son[a-z]+=/.test(html), html);
  const asset = await fetch(BASE + html.match(/\/assets\/console\.[0-9a-f]+\.css/)[0]);
  assert.match(asset.headers.get('cache-control'), /immutable/);
  await close(page);
}

export async function injection() {
  const evil = '"><img src=x onerror=alert(1)><script>alert(2)</script>';
  const made = await application('evil', evil);
  const hooks = await receiver();
  hooks.answer = { status: 500, body: evil };
  await api('PUT', '/event-type/evil.type', { description: evil, groupName: evil, useCase: evil, schemas: { 1: { type: 'object', example: { text: evil } } } });
  const endpoint = await api('POST', '/app/evil/endpoint', { url: `${hooks.url}?q=%3Cscript%3E`, description: evil, filter: `payload.text != '<b>'` });
  const message = await api('POST', '/app/evil/msg', { eventType: 'evil.type', eventId: undefined, payload: { text: evil } });
  await until('the failure', async () => (await api('GET', `/app/evil/attempt/msg/${message.id}`)).data.length > 0);
  const page = await open();
  const clean = async (path) => {
    await page.goto(path);
    const found = await page.evaluate(() => document.querySelectorAll('img, script:not([src])').length);
    assert.equal(found, 0, path);
    return page.content();
  };
  await page.goto(await portalLink('evil'));
  const here = `/portal/endpoints/${endpoint.id}`;
  for (const path of ['/portal', here, `${here}/log`, `${here}/edit`, `${here}/test`, `${here}/receiving`, '/portal/messages', '/portal/events']) {
    await clean(path);
  }
  assert.ok((await clean(`/portal/messages/${message.id}`)).includes('&lt;img src=x'));
  await clean(`/portal/messages?event=${encodeURIComponent(evil)}&id=${encodeURIComponent(evil)}`);
  await clean(`${here}/log?event=${encodeURIComponent(evil)}&since=${encodeURIComponent(evil)}`);
  // What is typed and refused comes back as text too.
  await page.goto('/portal/endpoints/new');
  await page.getByLabel('Description').fill(evil);
  await page.locator('#url').evaluate((input) => { input.type = 'text'; });
  await page.getByLabel('URL', { exact: true }).fill(evil);
  await page.getByRole('button', { name: 'Add endpoint' }).click();
  await page.locator('.wrong').first().waitFor();
  assert.equal(await page.getByLabel('Description').inputValue(), evil);
  await page.goto(LINK);
  const environment = page.url();
  for (const path of ['', '/apps', `/apps?find=${encodeURIComponent(evil)}`, `/apps/${made.id}`, '/event-types', '/event-types/evil.type', '/audit']) {
    await clean(environment + path);
  }
  await close(page);
}
