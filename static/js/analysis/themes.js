// @ts-check
// The themes desk: checked opinions, the slider, and text that is not saved yet. The page works without.

import { arriving } from "./arriving.js";
import { keys } from "./keys.js";
import { listing } from "./list.js";
import { sending } from "./sending.js";

const KEY = "answer:";

/**
 * What the bar of checked opinions says and shows.
 * @param {number} checked
 * @param {number} all
 */
export function bar(checked, all) {
  return { isOpen: checked > 0, hasAll: all > 0 && checked < all, words: checked ? `${checked}` : "" };
}

/** @param {HTMLElement} list */
function picking(list) {
  const boxes = /** @type {HTMLInputElement[]} */ ([...list.querySelectorAll('input[name="opinions"]')]);
  const line = list.querySelector("[data-selbar]");
  if (!(line instanceof HTMLElement)) return;
  const find = (/** @type {string} */ name) => /** @type {HTMLElement} */ (line.querySelector(`[data-${name}]`));
  const draw = () => {
    const checked = boxes.filter((box) => box.checked);
    const view = bar(checked.length, boxes.length);
    find("acts").hidden = !view.isOpen;
    find("count").hidden = !view.isOpen;
    find("count").textContent = (find("count").dataset.words ?? "%").replace("%", view.words);
    find("all").hidden = !view.hasAll;
    find("none").hidden = !view.isOpen;
    find("count-line").textContent = (view.isOpen ? find("count-line").dataset.open : find("count-line").dataset.idle) ?? "";
    for (const box of boxes) box.closest(".op")?.classList.toggle("is-sel", box.checked);
  };
  const set = (/** @type {boolean} */ value) => {
    for (const box of boxes) box.checked = value;
    draw();
  };
  find("all").addEventListener("click", () => set(true));
  find("none").addEventListener("click", () => set(false));
  list.addEventListener("change", draw);
  addEventListener("pageshow", draw);
  draw();
}

/** @returns {Storage | null} */
function store() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

/** @param {HTMLFormElement} form */
function written(form) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && !["csrf_token", "version", "opinions", "themes", "all", "to", "title"].includes(name)) found[name] = value;
  }
  return found;
}

/**
 * @param {HTMLFormElement} form
 * @param {Record<string, string>} values
 */
function fill(form, values) {
  for (const field of form.querySelectorAll("textarea, input")) {
    if (field instanceof HTMLTextAreaElement) {
      if (field.name in values) field.value = values[field.name];
      field.dispatchEvent(new Event("input", { bubbles: true }));
      if (field.value) field.closest("details")?.setAttribute("open", "");
    } else if (field instanceof HTMLInputElement && field.name === "disposition") {
      field.checked = field.value === values.disposition;
    }
  }
}

/**
 * Keep what is written and not saved; the key holds the version, so that a newer answer wins.
 * @param {HTMLFormElement} form
 */
function keeping(form) {
  const kept = store();
  const key = KEY + (form.dataset.draft ?? "");
  if (!kept || !form.dataset.draft) return;
  const saved = written(form);
  const note = form.querySelector("[data-kept]");
  const before = "refused" in form.dataset ? null : kept.getItem(key);
  if (before && before !== JSON.stringify(saved)) {
    fill(form, JSON.parse(before));
    if (note instanceof HTMLElement) note.hidden = false;
  }
  form.addEventListener("input", () => {
    try {
      const now = JSON.stringify(written(form));
      if (now === JSON.stringify(saved)) kept.removeItem(key);
      else kept.setItem(key, now);
    } catch {
      // the browser's store is full: the page itself still holds the text
    }
  });
  form.addEventListener("submit", (event) => {
    const pressed = event.submitter;
    if (pressed instanceof HTMLButtonElement && pressed.name === "then") kept.removeItem(key);
  });
  note?.querySelector("[data-forget]")?.addEventListener("click", () => {
    kept.removeItem(key);
    fill(form, { disposition: "", summary: "", view: "", reason: "", place: "", before: "", after: "", ...saved });
    /** @type {HTMLElement} */ (note).hidden = true;
  });
}

/**
 * The slider in place of the list of cuts: what it says is what the newest run's dendrogram gives.
 * @param {HTMLFormElement} form
 */
function grain(form) {
  const list = form.querySelector("select");
  const said = form.querySelector("[data-grain-n]");
  if (!(list instanceof HTMLSelectElement) || !(said instanceof HTMLElement) || !list.options[0]?.dataset.words) return;
  const slider = document.createElement("input");
  slider.type = "range";
  slider.min = "0";
  slider.max = String(list.options.length - 1);
  slider.value = String(list.selectedIndex);
  slider.id = list.id;
  slider.setAttribute("aria-describedby", said.id);
  list.removeAttribute("id");
  list.hidden = true;
  list.after(slider);
  for (const end of form.querySelectorAll("[data-grain-end]")) /** @type {HTMLElement} */ (end).hidden = false;
  said.hidden = false;
  const draw = () => {
    list.selectedIndex = Number(slider.value);
    const option = list.options[list.selectedIndex];
    slider.setAttribute("aria-valuetext", `${option.dataset.words} ${option.dataset.more}`);
    const more = document.createElement("small");
    more.textContent = ` ${option.dataset.more ?? ""}`;
    said.replaceChildren(option.dataset.words ?? "", more);
  };
  slider.addEventListener("input", draw);
  draw();
}

function start() {
  const cuts = document.querySelector("form[data-grain]");
  if (cuts instanceof HTMLFormElement) grain(cuts);
  const list = document.querySelector("[data-picking]");
  if (list instanceof HTMLElement) picking(list);
  keys(list instanceof HTMLElement ? sending(list) : null);
  const answer = document.querySelector("form#answer");
  if (answer instanceof HTMLFormElement) keeping(answer);
  const themes = document.querySelector(".col--themes .col__scroll");
  const current = themes?.querySelector("[aria-current]");
  if (themes && current instanceof HTMLElement) themes.scrollTop = current.offsetTop - themes.clientHeight / 2;
  if (themes instanceof HTMLElement) listing(themes);
  arriving();
}

if (typeof document !== "undefined") start();
