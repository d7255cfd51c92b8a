// The board keeps itself up to date. It asks whether it changed; the answer waits until it did. Without this
// file the page shows how things stood when it was opened, and says as of when.
"use strict";

(() => {
  const board = document.querySelector("[data-board]");
  const made = document.getElementById("made");
  const away = document.getElementById("away");
  if (!board || !made) return;

  const SILENT = 12000; // ms without an answer after which the connection counts as lost; the server waits 8 s
  const APART = 700; // ms from one question to the next, at least
  const AGAIN = 2000; // ms until it is tried again after a failure
  let etag = "";
  let asOf = ""; // of what is on the screen
  let waiting = null; // a page that came while somebody was pressing or marking something
  let asking = null;
  let sections = [...board.children].map((one) => one.outerHTML);

  const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
  const put = (text, at) => text.replace("{at}", at);

  function connected() {
    made.textContent = put(made.dataset.live, asOf.slice(11));
    made.title = asOf;
    away.hidden = true;
  }

  function lost() {
    if (!away.hidden) return;
    away.textContent = put(made.dataset.away, asOf || made.textContent);
    away.hidden = false;
    if (asOf) made.textContent = asOf;
  }

  // Nothing moves from under a finger, or out of a marked text.
  let pressed = false;
  document.addEventListener("pointerdown", () => (pressed = true));
  for (const over of ["pointerup", "pointercancel", "dragend"]) {
    document.addEventListener(over, () => setTimeout(() => (pressed = false), 150));
  }
  const isBusy = () => {
    const marked = document.getSelection();
    return pressed || (marked && !marked.isCollapsed && board.contains(marked.anchorNode));
  };

  const names = (root) => new Set([...root.querySelectorAll("[data-row]")].map((row) => row.dataset.row));

  function find(root, at) {
    const row = at.closest("[data-row]")?.dataset.row;
    const within = row ? [...root.querySelectorAll("[data-row]")].find((one) => one.dataset.row === row) : root;
    return [...(within?.querySelectorAll("a, [tabindex]") ?? [])].find(
      (one) => one.getAttribute("href") === at.getAttribute("href") && one.className === at.className,
    );
  }

  function replace(old, fresh) {
    const at = old.contains(document.activeElement) ? document.activeElement : null;
    const scrolled = [...old.querySelectorAll(".scroll")].map((one) => [one.scrollLeft, one.scrollTop]);
    const before = names(old);
    old.replaceWith(fresh);
    fresh.querySelectorAll(".scroll").forEach((one, i) => {
      if (scrolled[i]) [one.scrollLeft, one.scrollTop] = scrolled[i];
    });
    fresh.querySelectorAll("[data-row]").forEach((row) => {
      if (!before.has(row.dataset.row)) row.classList.add("new");
    });
    if (at) find(fresh, at)?.focus({ preventScroll: true });
  }

  function show() {
    if (!waiting || isBusy()) return;
    const { html, at } = waiting;
    waiting = null;
    const page = new DOMParser().parseFromString(html, "text/html");
    const fresh = [...page.body.children];
    const texts = fresh.map((one) => one.outerHTML);
    const isAlike = fresh.length === board.children.length;
    if (!isAlike) board.replaceChildren(...fresh);
    else fresh.forEach((one, i) => texts[i] === sections[i] || replace(board.children[i], one));
    sections = texts;
    asOf = at;
    connected();
    document.dispatchEvent(new CustomEvent("board:changed"));
  }
  setInterval(show, 250);

  async function ask() {
    asking = new AbortController();
    const silence = setTimeout(() => asking.abort(), SILENT);
    const headers = { "HX-Request": "true" };
    if (etag) headers["If-None-Match"] = etag;
    try {
      const answer = await fetch(board.dataset.board, { headers, cache: "no-store", signal: asking.signal });
      if (answer.status === 401) {
        const here = location.pathname + location.search;
        location.assign(`${answer.headers.get("HX-Redirect") ?? "/"}?next=${encodeURIComponent(here)}`);
        return AGAIN;
      }
      if (answer.status === 403 || answer.status === 404) location.reload(); // no longer ours to see; it says why
      if (answer.status !== 200 && answer.status !== 304) throw new Error(String(answer.status));
      const at = answer.headers.get("Board-As-Of") ?? "";
      if (answer.status === 200) {
        waiting = { html: await answer.text(), at };
        etag = answer.headers.get("ETag") ?? "";
        show();
      } else if (!waiting) {
        asOf = at;
        connected();
      }
      return 0;
    } catch {
      if (!document.hidden) lost();
      return AGAIN;
    } finally {
      clearTimeout(silence);
    }
  }

  async function follow() {
    for (;;) {
      while (document.hidden) await sleep(APART);
      const begun = performance.now();
      const pause = await ask();
      await sleep(Math.max(pause, APART - (performance.now() - begun)));
    }
  }

  // A board nobody sees asks nothing; one that is seen again, or has its network back, asks at once.
  document.addEventListener("visibilitychange", () => document.hidden && asking?.abort());
  window.addEventListener("offline", () => asking?.abort());
  follow();
})();
