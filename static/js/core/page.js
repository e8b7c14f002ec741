// @ts-check
// On every page: counters under long fields, buttons that copy, drafts kept in this browser, and
// where a refused form begins.

/** @typedef {HTMLInputElement | HTMLTextAreaElement} Writable */

const KEY = "draft:";
const KEPT_FOR = 30 * 24 * 3600 * 1000;

/**
 * How many characters a person would count: line ends are one, and so is 𠮷.
 * @param {string} text
 */
export function length(text) {
  return [...text.replaceAll("\r\n", "\n")].length;
}

/** @param {HTMLElement} line */
function count(line) {
  const field = /** @type {Writable | null} */ (document.getElementById(line.dataset.counts ?? ""));
  const number = line.querySelector("[data-count]");
  if (!field || !number) return;
  const limit = Number(line.dataset.limit);
  const say = () => {
    const now = length(field.value);
    number.textContent = now.toLocaleString("en");
    line.classList.toggle("field__error", now > limit);
    line.classList.toggle("field__count", now <= limit);
  };
  field.addEventListener("input", say);
  say();
}

/** @param {HTMLButtonElement} button */
function copies(button) {
  const source = document.getElementById(button.dataset.copies ?? "");
  if (!source || !navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText("value" in source ? String(source.value) : source.textContent ?? "");
    button.setAttribute("aria-pressed", "true");
    setTimeout(() => button.removeAttribute("aria-pressed"), 2000);
  });
}

/** @param {Storage} store */
function forgetOld(store) {
  for (const key of Object.keys(store)) {
    if (!key.startsWith(KEY)) continue;
    const kept = read(store, key);
    if (!kept || Date.now() - kept.at > KEPT_FOR) store.removeItem(key);
  }
}

/**
 * @param {Storage} store
 * @param {string} key
 * @returns {{text: string, at: number} | null}
 */
function read(store, key) {
  try {
    const kept = JSON.parse(store.getItem(key) ?? "null");
    return kept && typeof kept.text === "string" ? kept : null;
  } catch {
    return null;
  }
}

/**
 * What a field begins with: its own text, unless a draft was kept. `over` puts the draft in its
 * place (a text being edited), `adds` keeps both (a quotation for an answer already begun).
 * @param {string} value
 * @param {string} kept
 * @param {boolean} over
 * @param {boolean} adds
 */
export function restored(value, kept, over, adds) {
  if (kept === "" || kept === value) return value;
  if (value === "" || over) return kept;
  if (!adds) return value;
  return kept.includes(value.trim()) ? kept : `${kept.trimEnd()}\n\n${value}`;
}

/**
 * @param {Storage} store
 * @param {HTMLTextAreaElement} field
 */
function draft(store, field) {
  const key = KEY + field.dataset.draft;
  const kept = read(store, key);
  const begun = restored(field.value, kept?.text ?? "", field.dataset.draftOver !== undefined, field.dataset.draftAdds !== undefined);
  if (begun !== field.value) {
    field.value = begun;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  field.form?.querySelector("[data-draft-note]")?.removeAttribute("hidden");
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  const keep = () => {
    clearTimeout(waiting);
    try {
      if (field.value) store.setItem(key, JSON.stringify({ text: field.value, at: Date.now() }));
      else store.removeItem(key);
    } catch {
      // the browser's store is full: the page itself still holds the text
    }
  };
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(keep, 400);
  });
  addEventListener("pagehide", () => waiting !== undefined && keep());
}

/** @returns {Storage | null} the browser's store, unless it is switched off */
function store() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

/** A form sent to an address with a # (#write) loses autofocus to it, and the focus until loaded. */
function toErrors() {
  const summary = document.getElementById("error-summary");
  if (!summary || !location.hash) return;
  addEventListener("load", () => setTimeout(() => summary.focus()));
}

function start() {
  toErrors();
  const kept = store();
  if (kept) {
    forgetOld(kept);
    for (const sent of document.querySelectorAll("[data-draft-sent]")) {
      kept.removeItem(KEY + /** @type {HTMLElement} */ (sent).dataset.draftSent);
    }
    for (const field of document.querySelectorAll("textarea[data-draft]")) {
      draft(kept, /** @type {HTMLTextAreaElement} */ (field));
    }
  }
  for (const line of document.querySelectorAll("p[data-counts][data-limit]")) count(/** @type {HTMLElement} */ (line));
  for (const button of document.querySelectorAll("button[data-copies]")) copies(/** @type {HTMLButtonElement} */ (button));
}

if (typeof document !== "undefined") start();
