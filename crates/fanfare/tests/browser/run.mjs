// Runs the journey that its argument names.
import { browser } from './browser.mjs';
import * as embed from './embed.mjs';
import * as inbox from './inbox.mjs';
import { live } from './live.mjs';
import { operator } from './operator.mjs';
import * as pages from './pages.mjs';
import * as portal from './portal.mjs';
import { profiles } from './profiles.mjs';
import { receivers } from './receivers.mjs';
import * as replays from './replays.mjs';
import { injection, strangers } from './strangers.mjs';

const journeys = {
  'portal-with-script': () => portal.journey({ script: true }),
  'portal-without-script': () => portal.journey({ script: false }),
  'portal-pages': pages.portal,
  'console-pages': pages.console,
  docs: pages.docs,
  embed: embed.embed,
  'embed-cookies': embed.cookies,
  access: embed.access,
  'inbox-with-script': () => inbox.journey({ script: true }),
  'inbox-without-script': () => inbox.journey({ script: false }),
  'inbox-bounds': inbox.bounds,
  'inbox-profiles': inbox.profiles,
  'live-with-script': () => live({ script: true }),
  'live-without-script': () => live({ script: false }),
  'recover-with-script': () => replays.recover({ script: true }),
  'recover-without-script': () => replays.recover({ script: false }),
  replays: replays.operator,
  operator,
  strangers,
  injection,
  profiles,
  receivers,
};
try {
  await journeys[process.argv[2]]();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
await browser.close();
process.exit();
