// What a stranger, another customer and another site may not do; what markup may not become.
import assert from 'node:assert/strict';
import { BASE, KEY, api, application, close, open, portalLink, receiver, until } from './browser.mjs';

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
  assert.match(answer.headers.get('set-cookie'), /; HttpOnly(; [^;]+)*; SameSite=Lax/);
  const html = await answer.text();
  assert.ok(!/<script(?![^>]*src=)|\sstyle=|\son[a-z]+=/.test(html), html);
  const asset = await fetch(BASE + html.match(/\/assets\/console\.[0-9a-f]+\.css/)[0]);
  assert.match(asset.headers.get('cache-control'), /immutable/);
  await close(page);
}

/// Markup in every field that can be shown: no script runs, it is shown as text.
export async function injection() {
  const evil = '"><img src=x onerror=alert(1)><script>alert(2)</script>\'</title></textarea></pre>';
  const encoded = encodeURIComponent(evil);
  const made = await application('evil', evil);
  await api('PUT', '/environment/portal', { name: evil.slice(0, 60), colour: '#ff0000' });
  const hooks = await receiver();
  hooks.answer = { status: 500, body: evil };
  const metadata = { [evil]: evil };
  await api('PUT', '/event-type/evil.type', { description: evil, groupName: evil, useCase: evil, schemas: { 1: { type: 'object', title: evil, description: evil, example: { text: evil, [evil]: evil } } } });
  const endpoint = await api('POST', '/app/evil/endpoint', {
    url: `${hooks.url}?q=%3Cscript%3E`, description: evil, filter: `payload.text != '<script>alert(1)</script>'`, headers: { 'x-evil': evil }, metadata,
  });
  const message = await api('POST', '/app/evil/msg', { eventType: 'evil.type', payload: { text: evil, [evil]: [evil] } });
  await until('the failure', async () => (await api('GET', `/app/evil/attempt/msg/${message.id}`)).data.length > 0);
  const attempt = (await api('GET', `/app/evil/attempt/msg/${message.id}`)).data[0];
  const page = await open();
  const clean = async (path) => {
    await page.goto(path);
    const found = await page.evaluate(() => ({
      foreign: document.querySelectorAll('img, iframe, object, embed, base, script:not([src])').length,
      handlers: [...document.querySelectorAll('*')].filter((element) => [...element.attributes].some(({ name }) => name.startsWith('on') || name === 'style')).length,
    }));
    assert.deepEqual(found, { foreign: 0, handlers: 0 }, path);
    return page.content();
  };
  const shown = async (path) => assert.ok((await clean(path)).includes('&lt;script&gt;alert(2)&lt;/script&gt;'), path);
  await page.goto(await portalLink('evil'));
  assert.equal(await page.locator('.brand span').last().innerText(), evil.slice(0, 60));
  const here = `/portal/endpoints/${endpoint.id}`;
  for (const path of ['/portal', here, `${here}/edit`, `${here}/delete`, `${here}/secret`, '/portal/events', '/portal/endpoints/new']) await shown(path);
  for (const path of [`${here}/log`, `${here}/test`, `${here}/recover`, `${here}/receiving`, '/portal/messages', '/portal/live', '/portal/replays']) await clean(path);
  await shown(`/portal/messages/${message.id}`);
  await shown(`/portal/messages/${message.id}?request=${attempt.id}`);
  for (const path of ['/portal/messages', `${here}/log`, `${here}/test`, `${here}/recover`, `${here}/receiving`, '/portal/endpoints/new', '/portal/live']) {
    await clean(`${path}?${['event', 'id', 'since', 'until', 'status', 'language', 'url', 'request', 'done', 'message', 'endpoint', 'shown'].map((name) => `${name}=${encoded}`).join('&')}`);
  }

  // What arrives at an inbox is anybody's: method, path, header names and values, body.
  await page.goto('/portal/inbox');
  await page.getByRole('button', { name: 'Make an inbox' }).click();
  const url = await page.locator('#inbox-url').textContent();
  const inbox = new URL(page.url()).pathname;
  for (const body of [evil, JSON.stringify({ [evil]: evil }), `<svg onload=alert(3)>`]) {
    const sent = await fetch(`${url}?${encoded}`, { method: 'PUT', body, headers: { 'x-evil': evil, 'user-agent': evil, 'content-type': 'text/html' } });
    assert.equal(sent.status, 200);
    assert.equal(sent.headers.get('content-type'), 'text/plain; charset=utf-8');
  }
  for (const number of [1, 2]) await shown(`${inbox}?request=${number}`);
  await clean(`${inbox}?request=${encoded}`);
  await clean(`${inbox}/delete`);

  // What is typed and refused comes back as text too.
  await page.goto('/portal/endpoints/new');
  await page.getByLabel('Description').fill(evil);
  await page.locator('#url').evaluate((input) => { input.type = 'text'; });
  await page.getByLabel('URL', { exact: true }).fill(evil);
  await page.getByRole('button', { name: 'Add endpoint' }).click();
  await page.locator('.wrong').first().waitFor();
  assert.equal(await page.getByLabel('Description').inputValue(), evil);
  // By the key: the printed link leads to another environment, where none of this is.
  await page.goto('/console/login');
  await page.getByLabel('API key').fill(KEY);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('heading', { name: 'test' }).waitFor();
  const environment = page.url();
  for (const path of ['', '/replays', '/audit', '/profiles', '/keys', `/apps?find=${encoded}`, `/audit?before=${encoded}`]) await clean(environment + path);
  for (const path of ['/apps', `/apps/${made.id}`, `/apps/${made.id}/portal-access`, `/apps/${made.id}${here.slice(7)}`, '/event-types/evil.type']) await shown(environment + path);
  await clean(`${environment}/event-types`);
  await page.goto(`${environment}/portal`);
  for (const name of ['Name', 'Colour', 'Logo', 'Sites that may embed it']) await page.getByLabel(name, { exact: true }).fill(evil);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.locator('.wrong').first().waitFor();
  assert.equal(await page.getByLabel('Logo', { exact: true }).inputValue(), evil);
  assert.equal(await page.getByLabel('Sites that may embed it').inputValue(), evil);
  await close(page);
}
