// My work on a phone: kept in IndexedDB, shown without a network, records sent until an answer comes.
"use strict";

const main = document.getElementById("phone");
const net = document.getElementById("net");
const WORDS = JSON.parse(main.dataset.words);
const say = (name, values = {}) => WORDS[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
const AT_ONCE = 100; // records in one request
const AGAIN = 15000; // milliseconds until what did not go out is tried again

// --- what is kept on the phone ------------------------------------------------------------------------

const opened = new Promise((resolve, reject) => {
  const asked = indexedDB.open("fengsui", 1);
  asked.onupgradeneeded = () => {
    asked.result.createObjectStore("kept");
    asked.result.createObjectStore("queue", { keyPath: "id" });
    asked.result.createObjectStore("refused", { keyPath: "id" });
  };
  asked.onsuccess = () => resolve(asked.result);
  asked.onerror = () => reject(asked.error);
});

async function store(name, mode, work) {
  const database = await opened;
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(name, mode);
    const asked = work(...[].concat(name).map((one) => transaction.objectStore(one)));
    transaction.oncomplete = () => resolve(asked && asked.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

const all = (name) => store(name, "readonly", (kept) => kept.getAll());
const kept = (key) => store("kept", "readonly", (there) => there.get(key));
const keep = (key, value) => store("kept", "readwrite", (there) => there.put(value, key));
const forget = (key) => store("kept", "readwrite", (there) => there.delete(key));
const queue = (record) => store("queue", "readwrite", (there) => there.put(record));
const dismiss = (id) => store("refused", "readwrite", (there) => there.delete(id));

// A refused record leaves the queue and enters the list of the refused in one transaction: never lost.
const settle = (results, records) =>
  store(["queue", "refused"], "readwrite", (waiting, refused) => {
    for (const result of results) {
      if (result.state === "refused") refused.put({ ...records.get(result.id), message: result.message });
      waiting.delete(result.id);
    }
  });

// --- to and from the service --------------------------------------------------------------------------

let csrf = "";
let actor = ""; // who is logged in
let trouble = ""; // what stands between us and the service, in words
let busy = false;

async function fetchWork() {
  const answer = await fetch("/phone/work", { headers: { Accept: "application/json" }, cache: "no-store" });
  if (answer.status === 401 || answer.redirected) {
    await leaveNothing();
    throw new Error(say("log_in"));
  }
  if (!answer.ok) throw new Error(say("no_service"));
  const work = await answer.json();
  csrf = work.csrf;
  actor = work.actor;
  await keep("work", work);
}

// Whoever logged out leaves no list behind on a phone that others use. Their records stay in the queue, out of
// sight, until they log in again: what was recorded is not lost because a session ended.
async function leaveNothing() {
  csrf = actor = "";
  await forget("work");
}

// Each record is tried once a round. A phone may be shared: what somebody else recorded waits for them.
async function sendAll() {
  const tried = new Set();
  for (;;) {
    const records = (await all("queue")).filter((record) => record.by === actor && !tried.has(record.id)).slice(0, AT_ONCE);
    if (!records.length) return;
    records.forEach((record) => tried.add(record.id));
    const told = records.map(({ label, ...rest }) => rest);
    const body = JSON.stringify({ sent_at: Math.floor(Date.now() / 1000), records: told });
    const headers = { "Content-Type": "application/json", "X-CSRFToken": csrf };
    const answer = await fetch("/phone/send", { method: "POST", headers, body });
    if (answer.status === 401 || answer.status === 403 || answer.redirected) throw new Error(say("log_in"));
    if (!answer.ok) throw new Error(say("no_service"));
    const { results } = await answer.json();
    await settle(results.filter((result) => result.state !== "held"), new Map(records.map((record) => [record.id, record])));
  }
}

// The list first: it brings the token that lets records in; then the records, then the list as it is now.
async function sync() {
  if (busy) return;
  busy = true;
  try {
    await fetchWork();
    if ((await all("queue")).length) {
      await sendAll();
      await fetchWork();
    }
    trouble = "";
  } catch (error) {
    trouble = error instanceof TypeError ? say("offline") : error.message;
  } finally {
    busy = false;
  }
  await refresh();
}

// --- what is shown ------------------------------------------------------------------------------------

let shown = null; // the name of the duty whose form is open

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter((child) => child !== null));
  return made;
}

const nameOf = (row) => `${row.loop}/${row.key}/${row.n}`;

async function refresh() {
  const [waiting, everyRefused, work] = await Promise.all([all("queue"), all("refused"), kept("work")]);
  const name = work ? work.name : "";
  const refused = everyRefused.filter((record) => work && record.by === work.actor);
  net.textContent = [name, trouble, waiting.length ? say("waiting", { n: waiting.length }) : say("all_sent")].filter(Boolean).join(" · ");
  if (shown === null) showList(work, waiting, refused);
}

function showList(work, waiting, refused) {
  const done = new Set(waiting.map((record) => `${record.loop}/${record.duty}/${record.n}`));
  const now = Date.now() / 1000;
  const cards = [];
  for (const record of refused) {
    const gone = element("button", { className: "plain", type: "button", onclick: () => dismiss(record.id).then(refresh) }, say("seen"));
    const why = element("span", { className: "broken" }, say("refused", { why: record.message }));
    cards.push(element("section", { className: "card" }, element("span", { className: "title" }, record.label), why, gone));
  }
  if (work && "BarcodeDetector" in window) {
    cards.push(element("button", { className: "plain", type: "button", onclick: scan }, say("scan")));
  }
  for (const row of work ? work.rows : []) {
    const late = row.dueAt <= now;
    const state = done.has(nameOf(row))
      ? element("span", { className: "line done" }, say("recorded"))
      : element("span", { className: late ? "line broken" : "soft" }, say(late ? "was_due" : "due", { at: row.due }));
    const open = element("button", { className: "card", type: "button", onclick: () => showForm(row, work.actor) },
      element("span", { className: "title" }, row.title), element("span", { className: "line" }, row.subject), state,
      element("span", { className: "soft" }, `${row.placeName} · ${row.protocol}`));
    open.dataset.name = nameOf(row);
    cards.push(open);
  }
  if (!work) cards.push(element("p", { className: "card" }, say("nothing_yet")));
  else if (!work.rows.length) cards.push(element("p", { className: "card" }, say("none")));
  main.replaceChildren(...cards);
}

// ``by``: whose list the form was opened from. It may be filled in while the session ends.
function showForm(row, by, kind = 0) {
  shown = nameOf(row);
  const form = row.forms[kind];
  const back = element("button", { className: "plain", type: "button", onclick: leave }, say("back"));
  const head = element("section", { className: "card" }, element("span", { className: "title" }, row.title), element("span", {}, row.subject),
    element("span", { className: "soft" }, `${row.placeName} · ${row.protocol}`));
  const others = row.forms.map((other, i) => (i === kind ? null : element("button", { className: "plain", type: "button", onclick: () => showForm(row, by, i) }, other.title)));
  if (!form || form.whyNot) {
    main.replaceChildren(head, element("p", { className: "card broken" }, form ? form.whyNot : say("not_here")), ...others.filter(Boolean), back);
    return;
  }
  const asked = element("form", {}, ...form.entries.map(entry),
    element("label", {}, say("note"), element("input", { name: "note", maxLength: 500, autocomplete: "off" })),
    element("button", { className: "go", type: "submit" }, say("record", { what: form.title })));
  asked.onsubmit = (event) => {
    event.preventDefault();
    asked.onsubmit = (again) => again.preventDefault(); // two quick taps are one record
    record(row, form, asked, by);
  };
  main.replaceChildren(head, asked, ...others.filter(Boolean), back);
  window.scrollTo(0, 0);
}

function entry(of) {
  const title = of.title + (of.required ? "" : ` (${say("optional")})`);
  const choices = of.kind === "yes_no" ? [["true", say("yes")], ["false", say("no")]] : of.choices;
  if (choices.length && choices.length <= 6) {
    const options = choices.map(([value, text]) => element("label", {}, element("input", { type: "radio", name: of.name, value, required: of.required }), text));
    return element("fieldset", {}, element("legend", {}, title), ...options);
  }
  if (choices.length) {
    const options = [["", ""], ...choices].map(([value, text]) => element("option", { value }, text));
    return element("label", {}, title, element("select", { name: of.name, required: of.required }, ...options));
  }
  const type = { time: "datetime-local", number: "number" }[of.kind] || "text";
  return element("label", {}, title, element("input", { name: of.name, type, step: "any", required: of.required, autocomplete: "off" }));
}

const MEANT = { number: Number, time: (text) => Math.floor(new Date(text).getTime() / 1000), yes_no: (text) => text === "true" };

async function record(row, form, asked, by) {
  const told = new FormData(asked);
  const data = {};
  for (const { name, kind } of form.entries) {
    const text = (told.get(name) || "").trim();
    if (text) data[name] = MEANT[kind] ? MEANT[kind](text) : text;
  }
  const id = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const deed = { id, by, command: "record_step", loop: row.loop, duty: row.key, n: row.n, kind: form.kind, at: Math.floor(Date.now() / 1000), place: row.place };
  const note = told.get("note").trim();
  await queue({ ...deed, data, ...(note ? { note } : {}), label: `${row.title} · ${row.subject}` });
  leave();
  sync();
}

function leave() {
  shown = null;
  refresh();
}

// The code on a wristband or a label holds the number of the subject, or the address of its page.
async function scan() {
  shown = "scan";
  const video = element("video", { muted: true, playsInline: true });
  const said = element("p", { className: "card", role: "status" }, say("hold"));
  let stream = null;
  const end = () => {
    if (stream) stream.getTracks().forEach((track) => track.stop());
    stream = null;
  };
  const back = element("button", { className: "plain", type: "button", onclick: () => { end(); leave(); } }, say("back"));
  main.replaceChildren(video, said, back);
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    said.textContent = say("no_camera");
    return;
  }
  video.srcObject = stream;
  await video.play();
  const detector = new window.BarcodeDetector({ formats: ["qr_code"] });
  const work = (await kept("work")) || { rows: [] };
  while (stream) {
    const [code] = await detector.detect(video).catch(() => []);
    const row = code && work.rows.find((one) => code.rawValue === one.code || code.rawValue.endsWith(`/${encodeURI(one.code)}`));
    if (row) {
      end();
      showForm(row, work.actor);
    } else if (code) said.textContent = say("not_mine");
    await new Promise((next) => setTimeout(next, 200));
  }
}

// --- at work ------------------------------------------------------------------------------------------

if ("serviceWorker" in navigator) navigator.serviceWorker.register("/phone/worker.js", { scope: "/phone" });
if (navigator.storage && navigator.storage.persist) navigator.storage.persist();
window.addEventListener("online", sync);
document.addEventListener("visibilitychange", () => document.hidden || sync());
setInterval(sync, AGAIN);
refresh().then(sync);
