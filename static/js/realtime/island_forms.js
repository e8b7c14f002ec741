// @ts-check
/** What somebody may do with an island, and the small forms it takes: for the list and the canvas. */

import { TITLE, isAt, islandName, islandsOf, may, shiftIsland } from "./acts.js";
import { h, keyed } from "./dom.js";
import { choice, field, hiding } from "./fields.js";
import { newId } from "./waiting.js";

/** @typedef {import("./acts.js").Board} Board @typedef {import("./dom.js").Item} Item @typedef {"" | "first" | "between" | "last"} Place among the islands that it may be moved between */

const SHIFT = 80; // units an island goes at each press

/** The form for one thing to do with an island. @param {Board} board @param {string} id @param {string} kind @returns {HTMLElement} */
export function islandPanel(board, id, kind) {
  const state = board.state();
  const box = h("div", { class: "mover", role: "group", "data-panel": kind });
  const label = `${kind}-${id}`;
  box.setAttribute("aria-labelledby", label);
  box.append(h("p", { class: "mover__t", id: label, text: board.t(`ask_${kind}`, { text: islandName(board, id) }) }));
  if (kind === "title") {
    const done = (/** @type {string} */ title) => {
      board.close();
      board.store.act({ op: "island.title", id, title });
    };
    const { title = "", hid = "" } = state.islands[id] ?? {};
    if (hid) box.append(h("p", { class: "sub", text: board.t("is_hidden", { why: hid }) }));
    box.append(field(board, { label: board.t("island_label"), value: title, limit: TITLE, rows: 1, send: board.t("save"), done }));
    const hide = title || hid ? hiding(board, "island", id, hid, () => board.close()) : null;
    if (hide) box.append(hide);
  } else if (kind === "island") {
    const to = h("div", { class: "mover__to" });
    const offer = (/** @type {string} */ word, /** @type {string} */ op, /** @type {() => void} */ run) =>
      may(board, op) && to.append(h("button", { type: "button", class: "button button--plain button--small", text: board.t(word), onclick: run }));
    offer("act_title", "island.title", () => board.open(id, "title"));
    offer("act_link", "link.add", () => board.open(id, "link"));
    offer("act_shift", "island.move", () => board.open(id, "shift"));
    offer("act_dissolve", "island.del", () => {
      board.close();
      board.store.act({ op: "island.del", id });
      board.say(board.t("dissolved"));
    });
    box.append(to);
  } else if (kind === "shift") {
    const to = h("div", { class: "mover__to" });
    for (const [way, dx, dy] of /** @type {[string, number, number][]} */ ([["left", -1, 0], ["right", 1, 0], ["up", 0, -1], ["down", 0, 1]])) {
      const go = () => {
        const { x, y } = board.state().islands[id];
        board.store.act({ op: "island.move", id, x: Math.max(0, x + dx * SHIFT), y: Math.max(0, y + dy * SHIFT) });
      };
      to.append(h("button", { type: "button", class: "button button--plain button--small", text: board.t(`way_${way}`), onclick: go }));
    }
    box.append(to);
  } else {
    const word = h("input", { class: "input input--small", id: newId(), maxlength: TITLE });
    const to = h("div", { class: "mover__to" });
    for (const other of islandsOf(board)) {
      const there = Object.values(state.links).some(({ a, b }) => (a === id && b === other) || (a === other && b === id));
      if (other === id || there || !isAt(board, state.islands[other].table)) continue;
      to.append(
        choice(board, id, islandName(board, other), () => {
          board.store.act({ op: "link.add", id: newId(), a: id, b: other, word: word.value });
        }),
      );
    }
    if (!to.children.length) to.append(h("p", { class: "sub", text: board.t("link_none") }));
    box.append(h("label", { class: "field__label", for: word.id, text: board.t("link_word") }), word, to);
    box.append(h("ul", { class: "isle__links" }));
    fillLines(board, id, box);
  }
  const done = h("button", { type: "button", class: "button button--quiet button--small", text: board.t(kind === "shift" ? "close" : "cancel"), onclick: () => board.close() });
  (box.querySelector("[data-ends]") ?? box).append(done);
  return box;
}

/** The lines between an island and others, by key. @param {Board} board @param {string} id @returns {[string, any][]} */
export function linksOf(board, id) {
  return Object.entries(board.state().links).filter(([, one]) => one.a === id || one.b === id);
}

/** What stands over an island of the list. @param {Board} board @param {string} id @param {[string, any][]} links @param {Place} place @returns {HTMLElement} */
export function islandTools(board, id, links, place) {
  const { t, store } = board;
  const island = board.state().islands[id];
  const can = isAt(board, island.table);
  const named = () => h("span", { class: "only-read", text: t("of_island", { text: islandName(board, id) }) });
  const tool = (/** @type {string} */ word, /** @type {() => void} */ run) =>
    h("button", { type: "button", class: "button button--quiet button--small", "data-focus": word, onclick: run }, t(word), named());
  const box = h("div", { class: "isle__acts" });
  if (can && may(board, "island.title")) box.append(tool("act_title", () => board.open(id, "title")));
  if (can && may(board, "link.add") && islandsOf(board).length > 1) box.append(tool("act_link", () => board.open(id, "link")));
  if (place) {
    const [up, down] = [tool("act_up", () => shiftIsland(board, id, -1)), tool("act_down", () => shiftIsland(board, id, 1))];
    up.setAttribute("aria-disabled", String(place === "first")); // it stays, and with it the focus
    down.setAttribute("aria-disabled", String(place === "last"));
    box.append(up, down);
  }
  if (can && may(board, "island.del")) {
    box.append(
      tool("act_dissolve", () => {
        store.act({ op: "island.del", id });
        board.say(t("dissolved"));
      }),
    );
  }
  if (!links.length) return box;
  const list = h("ul", { class: "isle__links" });
  keyed(list, lines(board, id, links));
  return h("div", {}, box, list);
}

/** Bring the lines in a form up to date; what somebody is typing beside them stays. @param {Board} board @param {string} id @param {Element} form */
export function fillLines(board, id, form) {
  const list = form.querySelector(".isle__links");
  if (list) keyed(list, lines(board, id, linksOf(board, id)));
}

/** The lines from an island to others, and what may be done with each. @param {Board} board @param {string} id @param {[string, any][]} links @returns {Item[]} */
function lines(board, id, links) {
  const { t, store } = board;
  const can = isAt(board, board.state().islands[id].table) && may(board, "link.del");
  return links.map(([key, { a, b, word, hid }]) => {
    const other = islandName(board, a === id ? b : a);
    const drop = () => store.act({ op: "link.del", id: key });
    const make = () =>
      h("li", {}, h("span", { text: t(word ? "linked_by" : "linked", { text: other, word }) }), hid ? h("span", { text: t("is_hidden", { why: hid }) }) : null,
        can ? h("button", { type: "button", class: "button button--quiet button--small", text: t("unlink"), onclick: drop }) : null,
        word || hid ? hiding(board, "link", key, hid, () => undefined, word || other) : null);
    return { key, sig: JSON.stringify([other, word, hid, can, may(board, "link.hide")]), make };
  });
}
