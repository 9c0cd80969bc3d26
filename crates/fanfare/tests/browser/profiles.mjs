// Forms offer what the profile allows and nothing that it does not.
import assert from 'node:assert/strict';
import { LINK, api, close, open, portalLink } from './browser.mjs';

export async function profiles() {
  const root = await open();
  await root.goto(LINK);
  const keys = {};
  for (const profile of ['trimoji', 'talview', 'qualifio', 'jofi', 'trutac']) {
    await root.goto('/console/environments');
    await root.getByLabel('Name').fill(profile);
    await root.getByLabel('Profile').selectOption(profile);
    await root.getByRole('button', { name: 'Add environment' }).click();
    keys[profile] = await root.locator('#token').textContent();
  }
  await close(root);
  const form = async (profile) => {
    await api('POST', '/app', { uid: 'customer', name: 'Customer' }, keys[profile]);
    const page = await open();
    await page.goto(await portalLink('customer', keys[profile]));
    return page;
  };

  // Trimoji: a list without a wildcard, no secret of one's own, no authentication.
  let page = await form('trimoji');
  await page.goto('/portal/endpoints/new');
  assert.equal(await page.getByLabel(/^All events/).count(), 0);
  assert.equal(await page.locator('#events input[type=checkbox]').count(), 10);
  assert.equal(await page.locator('#secret, [name="auth.type"], #method').count(), 0);
  await page.getByText('Showing that a candidate was invited.').waitFor();
  await close(page);

  // Talview: one type, and a method.
  page = await form('talview');
  await page.goto('/portal/endpoints/new');
  assert.ok(await page.locator('#events input[type=radio]').count() >= 10);
  await page.getByText('More settings').click();
  await page.getByLabel('Method').selectOption('PATCH');
  await page.getByLabel('URL', { exact: true }).fill('https://example.com/hook');
  await page.locator('#events input[type=radio]').first().check();
  await page.getByRole('button', { name: 'Add endpoint' }).click();
  await page.getByRole('heading', { name: 'Endpoint added' }).waitFor();
  await close(page);

  // Qualifio: a secret of one's own, an own header as authentication, a scope; http is taken with a warning, and one
  // endpoint is all there may be.
  page = await form('qualifio');
  await page.goto('/portal/endpoints/new');
  await page.getByLabel('URL', { exact: true }).fill('http://example.com/hook');
  await page.getByLabel('Own header').check();
  await page.getByRole('button', { name: 'Add endpoint' }).click();
  await page.getByText('Must not be empty').first().waitFor();
  await page.getByLabel('Header name').fill('x-api-token');
  await page.getByLabel('Header value').fill('123456ots');
  await page.getByLabel('Signing secret').fill('my own secret');
  await page.getByRole('button', { name: 'Add endpoint' }).click();
  await page.getByText('advises https').waitFor();
  assert.ok(!(await page.content()).includes('my own secret'));
  await page.getByRole('link', { name: 'To the endpoint' }).click();
  await page.getByRole('link', { name: 'Settings' }).click();
  assert.ok(!(await page.content()).includes('123456ots'));
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved.').waitFor();
  await page.goto('/portal/endpoints/new');
  await page.getByLabel('URL', { exact: true }).fill('https://example.com/second');
  await page.getByRole('button', { name: 'Add endpoint' }).click();
  await page.getByText(/allows 1 live endpoint/).waitFor();
  await close(page);

  // JOFI: the platform configures; customers read why.
  page = await form('jofi');
  assert.equal(await page.getByRole('link', { name: /Add/ }).count(), 0);
  await page.getByText('Your provider configures endpoints').waitFor();
  assert.equal((await page.goto('/portal/endpoints/new')).status(), 403);
  await close(page);

  // TruTac: the wildcard takes the place of the list.
  page = await form('trutac');
  await page.goto('/portal/endpoints/new');
  await page.getByLabel('Only these').check();
  await page.locator('#events .choice input').first().check();
  await page.getByLabel(/^All events/).check();
  assert.ok(!await page.locator('#events').isVisible());
  await page.getByLabel('URL', { exact: true }).fill('http://example.com:4567/listener');
  await page.getByRole('button', { name: 'Add endpoint' }).click();
  await page.getByRole('link', { name: 'To the endpoint' }).click();
  await page.getByText('All events, also those added later').waitFor();
  await close(page);
}
