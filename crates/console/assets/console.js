// Comfort on top of pages that work without it. No frameworks, nothing inline.
"use strict";

// What a page has at first, and what takes its place later.
function prepare(root) {
  for (const button of root.querySelectorAll("[data-copy]")) {
    const source = document.querySelector(button.dataset.copy);
    if (!navigator.clipboard || !source) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const before = button.textContent;
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = before; }, 1500);
    });
  }
  // Times in the reader's own zone, as a title beside what the server wrote.
  for (const time of root.querySelectorAll("time[datetime]")) {
    const local = new Date(time.dateTime).toLocaleString();
    time.title = time.title ? `${time.title} · ${local} here` : `${local} here`;
  }
}
prepare(document);

// On a narrow screen, the tab of this page may be beyond the edge.
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });

// Filters a list of choices as you type. Without script the whole list stays.
for (const input of document.querySelectorAll("input[data-filters]")) {
  const rows = document.querySelectorAll(`${input.dataset.filters} [data-text]`);
  input.closest("[hidden]")?.removeAttribute("hidden");
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) {
      row.hidden = !words.every((word) => row.dataset.text.includes(word));
    }
    for (const group of document.querySelectorAll(`${input.dataset.filters} fieldset`)) {
      group.hidden = !group.querySelector("[data-text]:not([hidden])");
    }
  });
}

// A choice applies at once where its form has nothing else to say.
for (const select of document.querySelectorAll("select[data-submit]")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}

// Lists that grow by themselves: asked for again as long as somebody looks, replaced only when there is news.
for (const live of document.querySelectorAll("[data-live]")) {
  const wanted = live.dataset.live;
  const look = async () => {
    if (!document.hidden) {
      const answer = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
      if (answer && answer.status < 500 && !answer.ok) return;
      const page = answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
      const [fresh, shown] = [page?.querySelector(wanted), document.querySelector(wanted)];
      if (fresh && fresh.dataset.state !== shown.dataset.state) {
        shown.replaceWith(fresh);
        prepare(fresh);
      }
    }
    setTimeout(look, 2000);
  };
  setTimeout(look, 2000);
}

// What is on its way: look until it is there. An example's answer comes soon; a replay says how often to look.
const waiting = document.querySelector("[data-refresh]");
if (waiting) {
  const every = Number(waiting.dataset.every ?? 500);
  let left = waiting.dataset.every ? Infinity : 40;
  const look = async () => {
    const target = document.querySelector(waiting.dataset.refresh);
    const answer = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
    const fresh = answer?.ok && parsed(await answer.text()).querySelector(waiting.dataset.refresh);
    if (fresh) {
      target.replaceWith(fresh);
      prepare(fresh);
    } else if (left !== Infinity || answer?.status < 500) return;
    if (document.querySelector(`${waiting.dataset.refresh} [data-refresh]`) && --left > 0) setTimeout(look, every);
  };
  setTimeout(look, every / 2);
}

function parsed(text) {
  return new DOMParser().parseFromString(text, "text/html");
}

// Deliveries as they happen. The server sends rows, escaped as in the page itself; each takes the place of the
// row of its delivery, on top.
const followed = document.querySelector("[data-stream]");
if (followed) {
  const rows = followed.querySelector("tbody");
  const filler = rows.querySelector(".filler");
  const status = followed.querySelector("[role=status]");
  const toggle = followed.querySelector(".follow button");
  let source = null;
  let next = followed.dataset.stream;

  const put = (text) => {
    const row = parsed(`<table><tbody>${text}</tbody></table>`).querySelector("tr");
    rows.querySelector(`[data-delivery="${row.dataset.delivery}"]`)?.remove();
    prepare(row);
    row.classList.add("fresh");
    rows.prepend(row);
    filler.hidden = true;
    const all = rows.querySelectorAll("[data-delivery]");
    for (const old of [...all].slice(Number(followed.dataset.rows))) old.remove();
  };
  // Some were missed: the page itself has how all stands now.
  const catchUp = async () => {
    const answer = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
    const fresh = answer?.ok && parsed(await answer.text()).querySelectorAll("#live [data-delivery]");
    if (!fresh) return;
    for (const row of rows.querySelectorAll("[data-delivery]")) row.remove();
    for (const row of fresh) prepare(row);
    rows.prepend(...fresh);
    filler.hidden = fresh.length > 0;
  };
  const seen = (event) => {
    const address = new URL(next, location.href);
    address.searchParams.set("after", event.lastEventId);
    next = address.href;
  };
  const follow = () => {
    source = new EventSource(next);
    source.addEventListener("open", () => { status.textContent = "New deliveries appear here as they happen."; });
    source.addEventListener("row", (event) => { seen(event); put(event.data); });
    source.addEventListener("reset", (event) => { seen(event); catchUp(); });
    source.addEventListener("error", () => {
      const over = source.readyState === EventSource.CLOSED;
      status.textContent = over
        ? "New deliveries cannot be followed now. Load the page again to try once more."
        : "The connection was lost; trying again.";
      if (over) stop();
    });
  };
  const stop = () => {
    source?.close();
    source = null;
    toggle.textContent = "Go on";
  };
  toggle.hidden = false;
  followed.querySelector(".follow a").hidden = true;
  toggle.addEventListener("click", () => {
    if (source) {
      stop();
      status.textContent = "Paused. What happens meanwhile comes when you go on.";
    } else {
      toggle.textContent = "Pause";
      follow();
    }
  });
  addEventListener("pagehide", () => source?.close());
  follow();
}
