// @ts-check
/** The small forms for what one does with a note: for the list and the canvas. */

import {
  HELPS, NOTE, TITLE, actsOf, gather, isBlank, isThere, islandName, islandsOf, may, memberName, roleOf, tableName, ungroup,
} from "./acts.js";
import { h, icon } from "./dom.js";
import { REASON, choice, field, short } from "./fields.js";
import { afterLast, byOrder } from "./orders.js";
import { freeSpot } from "./places.js";
import { talks } from "./talks.js";
import { newId } from "./waiting.js";

/** @typedef {import("./acts.js").Board} Board */

/** The form for one thing to do with a note. @param {Board} board @param {string} id @param {string} kind @returns {HTMLElement} */
export function panel(board, id, kind) {
  const making = { move: mover, text: editor, talk: talks, group: grouper, color: colors, hide: hider, more: menu, all: menu }[kind];
  if (!making) throw new Error(kind);
  const box = h("div", { class: "mover", role: "group", "data-panel": kind });
  const label = `${kind}-${id}`;
  box.setAttribute("aria-labelledby", label);
  const note = board.state().notes[id];
  const asked = h("p", { class: "mover__t", id: label, text: board.t(`ask_${kind}`, { text: short(note?.text ?? "") }) });
  box.append(asked, ...making(board, id, kind));
  const done = h("button", { type: "button", class: "button button--quiet button--small", text: board.t("cancel"), onclick: () => leave(board, id) });
  (box.querySelector("[data-ends]") ?? box).append(done);
  box.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      leave(board, id);
    }
  });
  return box;
}

/** @param {Board} board @param {string} id */
function leave(board, id) {
  board.close();
  board.focusNote(id);
}

/** @param {Board} board @param {string} id @returns {Node[]} */
function mover(board, id) {
  const state = board.state();
  const note = state.notes[id];
  const helps = HELPS.includes(roleOf(board));
  const to = h("div", { class: "mover__to" });
  if (may(board, "note.place")) {
    for (const island of islandsOf(board, helps ? undefined : note.table)) {
      if (island === note.island) continue;
      const put = () => {
        board.store.act({ op: "note.place", id, island, o: afterLast(board.state(), island) });
        board.say(board.t("moved", { where: islandName(board, island) }));
      };
      to.append(choice(board, id, islandName(board, island), put));
    }
    if (note.island) to.append(choice(board, id, board.t("act_ungroup"), () => ungroup(board, id)));
    if (may(board, "island.add")) {
      to.append(
        choice(board, id, board.t("new_island"), () => {
          const made = gather(board, [id], "");
          board.say(board.t("made_island"));
          board.open(made, "title");
        }, "outline", "plus"),
      );
    }
  }
  const tables = helps ? Object.keys(state.tables).filter((one) => one !== note.table) : [];
  for (const table of tables.sort((a, b) => byOrder(state.tables[a].o, a, state.tables[b].o, b))) {
    const put = () => board.store.act({ op: "note.move", id, table, ...freeSpot(board.state(), table) });
    to.append(choice(board, id, board.t("to_table", { table: tableName(board, table) }), put));
  }
  return [to];
}

/** @param {Board} board @param {string} id @param {string} kind "all", or "more": without the first @returns {Node[]} */
function menu(board, id, kind) {
  const to = h("div", { class: "mover__to" });
  for (const act of actsOf(board, id).slice(kind === "more" ? 1 : 0)) {
    const opens = ["move", "text", "talk", "group", "color", "hide"].includes(act.key);
    const run = () => {
      if (!opens) board.close();
      act.run();
      if (!opens && act.key !== "del") board.focusNote(id);
    };
    to.append(h("button", { type: "button", class: "button button--plain button--small", "data-act": act.key, onclick: run }, act.icon ? icon(act.icon) : null, act.word));
  }
  return [to];
}

/** @param {Board} board @param {string} id @returns {Node[]} */
function editor(board, id) {
  const note = board.state().notes[id];
  const base = note.v;
  const done = (/** @type {string} */ text) => {
    leave(board, id);
    if (text !== note.text) board.store.act({ op: "note.text", id, text, base });
  };
  return [field(board, { label: board.t("note_label"), value: note.text, limit: NOTE, send: board.t("save"), done })];
}

/** @param {Board} board @param {string} id @returns {Node[]} */
function hider(board, id) {
  const done = (/** @type {string} */ reason) => {
    board.close();
    board.store.act({ op: "note.hide", id, reason });
  };
  return [field(board, { label: board.t("hide_reason"), value: "", limit: REASON, send: board.t("act_hide"), done })];
}

/** @param {Board} board @param {string} id @returns {Node[]} */
function colors(board, id) {
  const now = board.state().notes[id].color;
  const to = h("div", { class: "mover__to" });
  for (let color = 1; color <= (board.colors || 4); color += 1) {
    const made = choice(board, id, board.t(`color_${color}`), () => board.store.act({ op: "note.color", id, color }));
    made.classList.add("swatch", `swatch--${color}`);
    made.setAttribute("aria-pressed", String(color === now));
    to.append(made);
  }
  return [to];
}

/** Which others go on one island with it. @param {Board} board @param {string} id @returns {Node[]} */
function grouper(board, id) {
  const state = board.state();
  const table = state.notes[id].table;
  const others = Object.keys(state.notes)
    .filter((one) => one !== id && isThere(state.notes[one]) && !isBlank(state.notes[one], board.me) && state.notes[one].table === table)
    .sort((a, b) => Number(state.notes[a].island !== "") - Number(state.notes[b].island !== ""))
    .slice(0, 200);
  const choices = h("div", { class: "mover__many" });
  for (const one of others) {
    choices.append(h("label", { class: "choice" }, h("input", { type: "checkbox", value: one }), state.notes[one].text));
  }
  const done = (/** @type {string} */ title) => {
    const chosen = [...choices.querySelectorAll("input:checked")].map((one) => /** @type {HTMLInputElement} */ (one).value);
    leave(board, id);
    gather(board, [id, ...chosen], title);
    board.say(board.t("made_island"));
  };
  const form = field(board, { label: board.t("island_label"), value: "", limit: TITLE, rows: 1, send: board.t("act_group"), required: false, done });
  return [others.length ? choices : h("p", { class: "sub", text: board.t("group_none") }), form];
}
