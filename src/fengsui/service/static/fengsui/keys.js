// Keys for those who do not want the mouse. Everything here can also be clicked; without this file
// the pages still work.
"use strict";

(() => {
  const rows = () => [...document.querySelectorAll("[data-row]")];
  const dialog = () => document.getElementById("keys");
  let here = null; // data-row of the row one is on; it survives a refresh of the list

  function goTo(row) {
    if (!row) return;
    rows().forEach((other) => other.classList.toggle("here", other === row));
    here = row.dataset.row;
    (row.querySelector("[data-open]") || row).focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  function step(by) {
    const all = rows();
    const at = all.findIndex((row) => row.dataset.row === here);
    goTo(all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)]);
  }

  const leads = (name) => () => document.querySelector(`[data-key="${name}"]`)?.click();
  const keys = {
    j: () => step(1),
    k: () => step(-1),
    o: () => rows().find((row) => row.dataset.row === here)?.querySelector("[data-open]")?.click(),
    "/": () => {
      const box = document.querySelector("[data-search]");
      if (box && box.offsetParent) box.focus();
      else leads("search")();
    },
    "?": () => (dialog().open ? dialog().close() : dialog().showModal()),
    b: leads("board"),
    d: leads("breaks"),
    h: leads("handovers"),
    t: () => {
      const box = document.querySelector("[data-time]");
      box.open = !box.open;
      if (box.open) box.querySelector("input").focus();
    },
  };

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea");
    if (event.key === "Escape") {
      if (typing) event.target.blur();
      document.querySelectorAll("[data-time][open]").forEach((box) => box.removeAttribute("open"));
    }
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  });

  document.addEventListener("click", (event) => {
    const asked = event.target.closest("[data-do]");
    if (!asked) return;
    if (asked.dataset.do === "keys") dialog().showModal();
    if (asked.dataset.do === "close") dialog().close();
    if (asked.dataset.do === "expand") {
      const all = [...document.querySelectorAll("details.why")];
      const open = all.some((one) => !one.open);
      all.forEach((one) => (one.open = open));
    }
  });

  // A list that refreshed itself: stay on the row one was on.
  for (const changed of ["htmx:afterSwap", "board:changed"]) {
    document.addEventListener(changed, () => {
      const row = rows().find((one) => one.dataset.row === here);
      if (row) row.classList.add("here");
    });
  }

  // A link to one duty opens it.
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target && target.tagName === "DETAILS") target.open = true;
})();
