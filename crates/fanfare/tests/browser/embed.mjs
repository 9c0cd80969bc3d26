// The portal in a frame of the platform's own page, in the platform's own colours; scopes; the end of sessions.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { BASE, KEY, LINK, api, application, close, inspect, open, portalLink } from './browser.mjs';

/// A platform's page that shows something in a frame.
async function platform() {
  const site = { frame: '' };
  const server = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(`<!doctype html><title>Platform</title><iframe src="${site.frame}" width="900" height="700"></iframe>`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  site.url = `http://127.0.0.1:${server.address().port}`;
  return site;
}

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M/wHwAEBgIApD5fRAAAAABJRU5ErkJggg==', 'base64');

export async function embed() {
  await application('framed');
  const [friend, stranger] = [await platform(), await platform()];
  const logo = 'https://cdn.example/logo.png';
  await api('PUT', '/environment/portal', { name: 'Acme <b>Hooks</b>', colour: '#ffe600', logo, origins: [friend.url] });

  // The platform's page shows the portal; everything works in the frame.
  const page = await open();
  const asked = [];
  await page.route('https://cdn.example/**', (route) => { asked.push(route.request().headers().referer); return route.fulfill({ contentType: 'image/png', body: PNG }); });
  friend.frame = await portalLink('framed');
  await page.goto(friend.url);
  const frame = page.frameLocator('iframe');
  await frame.getByRole('link', { name: 'Add your first endpoint' }).click();
  await frame.getByLabel('URL', { exact: true }).fill('http://127.0.0.1:9/hook');
  await frame.getByRole('button', { name: 'Add endpoint' }).click();
  await frame.getByRole('heading', { name: 'Endpoint added' }).waitFor();
  await frame.getByRole('button', { name: 'Dark' }).click();
  await frame.locator('html[data-theme=dark]').waitFor();
  assert.ok(asked.length > 0 && asked.every((referer) => referer === undefined), String(asked));

  // Its name is text, its colour readable on both grounds.
  assert.ok((await frame.locator('.brand').innerText()).includes('Acme <b>Hooks</b>'));
  const other = await open();
  await other.route('https://cdn.example/**', (route) => route.fulfill({ contentType: 'image/png', body: PNG }));
  await other.goto(await portalLink('framed'));
  await other.waitForFunction(() => document.querySelector('img.logo').naturalWidth > 0);
  await inspect(other, 'portal-themed');
  await other.goto('/portal/endpoints/new');
  await inspect(other, 'portal-themed-form');

  // Nobody else may frame it, and the console nobody at all.
  stranger.frame = await portalLink('framed');
  const elsewhere = await open();
  await elsewhere.goto(stranger.url);
  const [, blocked] = elsewhere.frames();
  assert.ok(!(await blocked.content()).includes('Acme'), await blocked.content());
  await elsewhere.context().close();
  for (const path of ['/console/login', '/portal']) {
    const answer = await fetch(BASE + path);
    assert.match(answer.headers.get('content-security-policy'), /frame-ancestors 'none'/, path);
    assert.equal(answer.headers.get('x-frame-options'), 'DENY', path);
  }
  const cookies = (await other.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
  const own = await fetch(`${BASE}/portal`, { headers: { cookie: cookies } });
  assert.ok(own.headers.get('content-security-policy').endsWith(`frame-ancestors ${friend.url}`));
  assert.ok(own.headers.get('content-security-policy').includes(`img-src 'self' ${logo};`));
  assert.equal(own.headers.get('x-frame-options'), null);

  // The end of all sessions shows in the frame too, in words.
  await api('POST', '/auth/app/framed/expire-all', {});
  await frame.getByRole('link', { name: 'Messages' }).click();
  await frame.getByRole('heading', { name: 'Your session has ended' }).waitFor();
  assert.equal((await other.goto('/portal')).status(), 401);
  await close(other);
  await close(page);
}

/// A server that is reached by https: what its cookies say.
export async function cookies() {
  await application('reach');
  const enter = async () => {
    const link = new URL(await portalLink('reach'));
    assert.equal(link.origin, 'https://hooks.example.com');
    const answer = await fetch(`${BASE}${link.pathname}${link.search}`, { redirect: 'manual' });
    assert.equal(answer.status, 303);
    return answer.headers.getSetCookie();
  };
  const [own, ...none] = await enter();
  assert.match(own, /^__Host-fanfare_portal=[\w-]+; Path=\/; HttpOnly; Max-Age=\d+; SameSite=Lax; Secure$/);
  assert.deepEqual(none, []);
  await api('PUT', '/environment/portal', { origins: ['https://app.example.com'] });
  const framed = await enter();
  assert.match(framed[0], /^__Host-fanfare_portal=[\w-]+; Path=\/; HttpOnly; Max-Age=\d+; SameSite=None; Secure; Partitioned$/);
  assert.match(framed[1], /^__Host-fanfare_frame=env_\w+; Path=\/; HttpOnly; Max-Age=2592000; SameSite=None; Secure; Partitioned$/);

  // Logging out removes the cookie that was set, and the page that says so stays in the frame.
  const session = framed.map((cookie) => cookie.split(';')[0]).join('; ');
  const html = await (await fetch(`${BASE}/portal`, { headers: { cookie: session } })).text();
  const csrf = html.match(/name="csrf" value="([^"]+)"/)[1];
  const out = await fetch(`${BASE}/portal/logout`, { method: 'POST', redirect: 'manual', headers: { cookie: session, 'content-type': 'application/x-www-form-urlencoded' }, body: `csrf=${csrf}` });
  assert.match(out.headers.getSetCookie()[0], /^__Host-fanfare_portal=; Path=\/; HttpOnly; Max-Age=0; SameSite=None; Secure; Partitioned$/);
  const bye = await fetch(`${BASE}/portal/goodbye`, { headers: { cookie: session } });
  assert.match(bye.headers.get('content-security-policy'), /frame-ancestors https:\/\/app\.example\.com$/);
  assert.equal((await fetch(`${BASE}/portal`, { headers: { cookie: session } })).status, 401);

  // The console is never framed.
  const login = await fetch(`${BASE}/console/login`, { headers: { cookie: session } });
  assert.match(login.headers.getSetCookie()[0], /SameSite=Lax; Secure$/);
  assert.match(login.headers.get('content-security-policy'), /frame-ancestors 'none'$/);
}

/// An operator says how the portal looks, opens it, and ends all sessions; who may only look finds nothing to do.
export async function access() {
  const made = await application('looker', 'Looker Ltd');
  const endpoint = await api('POST', '/app/looker/endpoint', { url: 'http://127.0.0.1:9/hook' });
  const tested = await api('POST', '/app/looker/endpoint', { url: 'http://127.0.0.1:9/test', mode: 'test' });
  const message = await api('POST', '/app/looker/msg', { eventType: 'user.created', payload: {} });
  const root = await open();
  await root.goto('/console/login');
  await root.getByLabel('API key').fill(KEY);
  await root.getByRole('button', { name: 'Log in' }).click();
  await root.getByRole('link', { name: 'Portal', exact: true }).click();
  await root.getByLabel('Colour', { exact: true }).fill('red');
  await root.getByLabel('Name', { exact: true }).fill('Looker <i>');
  await root.getByLabel('Sites that may embed it').fill('https://a.example\nhttp://b.example');
  await root.getByRole('button', { name: 'Save' }).click();
  await root.getByText('Must be a colour such as #3648c8').waitFor();
  await root.getByText('“http://b.example” must begin with https://').waitFor();
  assert.equal(await root.getByLabel('Name', { exact: true }).inputValue(), 'Looker <i>');
  await root.getByLabel('Colour', { exact: true }).fill('#0a7d33');
  await root.getByLabel('Sites that may embed it').fill('https://a.example');
  await root.getByRole('button', { name: 'Save' }).click();
  await root.getByText('The portal looks like this from now on.').waitFor();
  await inspect(root, 'console-portal');
  const environment = new URL(root.url()).pathname.replace(/\/portal$/, '');

  // A link for somebody who may only look.
  await root.goto(`${environment}/apps/${made.id}`);
  await root.getByRole('link', { name: 'Portal access' }).click();
  await root.getByLabel('Only to look').check();
  await root.getByRole('button', { name: 'Make a link' }).click();
  const link = await root.locator('#link').textContent();
  await inspect(root, 'console-portal-access');
  await root.reload();
  assert.equal(await root.locator('#link').count(), 0);
  const viewer = await open();
  await viewer.goto(link);
  assert.equal(await viewer.getByRole('link', { name: /Add|Inbox/ }).count(), 0);
  const here = `/portal/endpoints/${endpoint.id}`;
  for (const path of ['', '/log', '/receiving']) {
    assert.equal((await viewer.goto(here + path)).status(), 200, path);
    assert.equal(await viewer.locator('main form[method=post]').count(), 0, path);
  }
  await viewer.goto(`/portal/messages/${message.id}`);
  assert.equal(await viewer.locator('main form[method=post]').count(), 0);
  await inspect(viewer, 'portal-read-only');
  for (const path of ['/portal/endpoints/new', `${here}/edit`, `${here}/secret`, `${here}/test`, `${here}/delete`, '/portal/inbox']) {
    assert.equal((await viewer.goto(path)).status(), 403, path);
  }
  await viewer.goto('/portal');
  const csrf = await viewer.locator('input[name=csrf]').first().inputValue();
  const post = async (page, path) => (await fetch(BASE + path, {
    method: 'POST', redirect: 'manual', body: `csrf=${await page.locator('input[name=csrf]').first().inputValue()}&event=user.created&status=200&wait=0`,
    headers: { cookie: (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; '), 'content-type': 'application/x-www-form-urlencoded' },
  })).status;
  assert.ok(csrf);
  const forms = ['/portal/endpoints/new', '/portal/inbox', `/portal/messages/${message.id}/resend/${endpoint.id}`];
  for (const rest of ['edit', 'delete', 'pause', 'resume', 'enable', 'secret', 'secret/rotate', 'test']) forms.push(`${here}/${rest}`);
  for (const path of forms) assert.equal(await post(viewer, path), 403, path);
  assert.equal(await post(viewer, '/portal/portal-access'), 404);

  // A customer sends nothing to test endpoints, neither by API nor here (JOF-3).
  const customer = await open();
  await customer.goto(await portalLink('looker'));
  await customer.goto(`/portal/endpoints/${tested.id}`);
  assert.equal(await customer.getByRole('link', { name: 'Test', exact: true }).count(), 0);
  assert.equal(await post(customer, `/portal/endpoints/${tested.id}/test`), 403);
  assert.equal(await post(customer, `/portal/messages/${message.id}/resend/${tested.id}`), 403);
  await close(customer);

  // All sessions end at once; so does a link that nobody has followed.
  const unused = await portalLink('looker');
  await root.getByRole('button', { name: 'End all sessions' }).click();
  await root.getByText('All sessions of this portal have ended.').waitFor();
  assert.equal((await viewer.goto('/portal')).status(), 401);
  const late = await open();
  await late.goto(unused);
  assert.equal((await late.goto('/portal')).status(), 401);
  await close(late);
  await close(viewer);
  await close(root);
  assert.ok(LINK);
}
