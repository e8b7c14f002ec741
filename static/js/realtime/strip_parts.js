// @ts-check
/** What the parts of the facilitator's strip are made of: a section, a button, a fold. */

import { h, icon } from "./dom.js";
import { byOrder } from "./orders.js";

/** @typedef {import("./acts.js").Board} Board @typedef {import("./dom.js").Item} Item */

/** @type {Set<string>} folds that are open: drawn anew, they stay so */
export const open = new Set();

/** A fold that is filled only while it is open. @param {Board} board @param {string} key @param {string} title @param {() => (Node | null)[]} inside */
export function fold(board, key, title, inside) {
  const made = h("details", { class: "strip__fold", open: open.has(key) }, h("summary", { text: title, "data-focus": `fold-${key}` }), ...(open.has(key) ? inside() : []));
  made.addEventListener("toggle", () => {
    if (made.open === open.has(key)) return;
    if (made.open) open.add(key);
    else open.delete(key);
    board.store.ears.changed();
  });
  return made;
}

/** @param {string} word @param {() => void} run @param {string} [style] @param {string} [drawing] @returns {HTMLElement} */
export const tool = (word, run, style = "plain", drawing = "") =>
  h("button", { type: "button", class: `button button--${style} button--small`, "data-focus": word, onclick: run }, drawing ? icon(drawing) : null, word);

/** @param {string} key @param {string} sig @param {() => (Node | null)[]} inside @param {string} title @param {string} [side] @returns {Item} */
export function section(key, sig, inside, title, side = "") {
  const make = () =>
    h("section", { class: "strip__sec", "aria-labelledby": `s-${key}` },
      h("h2", { class: "strip__h", id: `s-${key}` }, title, side ? h("span", { class: "strip__n", text: side }) : null), ...inside());
  return { key, sig: sig + title + side, make };
}

/** @param {Board} board @returns {string[]} */
export const tableIds = (board) => {
  const { tables: all } = board.state();
  return Object.keys(all).sort((a, b) => byOrder(all[a].o, a, all[b].o, b));
};
