// @ts-check
/** What drawing from a state needs: making elements, keeping those that are unchanged, words. */

/** @typedef {{key: string, sig: string, make: () => HTMLElement, fill?: (there: HTMLElement) => void}} Item */

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element with its attributes (`on…` are listeners, `text` its text) and children.
 * @param {string} tag
 * @param {Record<string, any>} [about]
 * @param {...(Node | string | null | undefined | false)} inside
 * @returns {any}
 */
export function h(tag, about = {}, ...inside) {
  const made = document.createElement(tag);
  set(made, about);
  made.append(.../** @type {(Node | string)[]} */ (inside.filter((one) => one !== null && one !== undefined && one !== false)));
  return made;
}

/** @param {string} tag @param {Record<string, any>} [about] @param {...Node} inside @returns {any} */
export function svg(tag, about = {}, ...inside) {
  const made = document.createElementNS(SVG, tag);
  set(made, about);
  made.append(...inside);
  return made;
}

/** @param {Element} made @param {Record<string, any>} about */
function set(made, about) {
  for (const [name, value] of Object.entries(about)) {
    if (value === null || value === undefined || (value === false && !name.startsWith("aria-"))) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "text") made.textContent = value;
    else made.setAttribute(name, value === true && !name.startsWith("aria-") ? "" : String(value));
  }
}

/** One of the page's drawings. @param {string} name @returns {Node} */
export function icon(name) {
  const kept = /** @type {HTMLTemplateElement | null} */ (document.getElementById("icons"));
  const drawing = kept?.content.querySelector(`[data-icon="${name}"] > svg`);
  return drawing ? drawing.cloneNode(true) : document.createTextNode("");
}

/**
 * Let `place` hold these items in this order. What kept its `sig` stays the same element, typed
 * words, focus and all; what has another is made anew, and the focus goes where it was in it. What
 * is put elsewhere would lose the focus: browsers take it from whatever leaves the page for a moment.
 * @param {Element} place
 * @param {Item[]} items
 */
export function keyed(place, items) {
  const there = new Map([...place.children].map((one) => [/** @type {HTMLElement} */ (one).dataset.key, /** @type {HTMLElement} */ (one)]));
  const focused = /** @type {HTMLElement | null} */ (place.contains(document.activeElement) ? document.activeElement : null);
  const owner = /** @type {HTMLElement | null | undefined} */ (focused?.closest("[data-key]"));
  const way = focused?.dataset.focus;
  let next = place.firstElementChild;
  for (const item of items) {
    let kept = there.get(item.key);
    there.delete(item.key);
    if (kept && kept.dataset.sig !== item.sig && !isBegun(kept)) {
      const made = named(item);
      if (next === kept) next = made;
      kept.replaceWith(made);
      kept = made;
    }
    const one = kept ?? named(item);
    if (next === one) next = one.nextElementSibling;
    else place.insertBefore(one, next);
    item.fill?.(one);
  }
  for (const gone of there.values()) gone.remove();
  if (focused && focused !== document.activeElement && place.contains(focused)) focused.focus({ preventScroll: true });
  if (owner && way && !place.contains(document.activeElement)) {
    const again = place.querySelector(`[data-key="${CSS.escape(owner.dataset.key ?? "")}"]`);
    /** @type {HTMLElement | null | undefined} */ (again?.querySelector(`[data-focus="${way}"]`))?.focus({ preventScroll: true });
  }
}

/** Whether somebody has typed here and not sent it: that is not replaced. @param {HTMLElement} there */
const isBegun = (there) => [...there.querySelectorAll("textarea")].some((box) => box.value !== box.defaultValue);

/** @param {Item} item */
function named(item) {
  const made = item.make();
  made.dataset.key = item.key;
  made.dataset.sig = item.sig;
  return made;
}

/**
 * The page's sentences: `t("n_notes", {n: 3})`.
 * @param {Record<string, string>} words
 * @returns {(name: string, values?: Record<string, string | number>) => string}
 */
export function speaking(words) {
  return (name, values = {}) => {
    const said = words[name];
    if (said === undefined) throw new Error(`no word for ${name}`);
    return said.replace(/\{(\w+)\}/g, (_all, value) => String(values[value] ?? ""));
  };
}

/** Letters as a person counts them, and as the server does. @param {string} text */
export const letters = (text) => [...text].length;
