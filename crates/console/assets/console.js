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

// An example that is on its way: look until its answer is there.
const waiting = document.querySelector("[data-refresh]");
if (waiting) {
  let left = 40;
  const look = async () => {
    const target = document.querySelector(waiting.dataset.refresh);
    const answer = await fetch(location.href, { credentials: "same-origin" });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(waiting.dataset.refresh);
    if (!answer.ok || !fresh) return;
    target.replaceWith(fresh);
    if (fresh.querySelector("[data-refresh]") && --left > 0) setTimeout(look, 500);
  };
  setTimeout(look, 250);
}
