// @ts-check
/** まとめ: what a table, or all together, sum up: the words, and below them the form to write them. */

import { isAt, may, tableName } from "./acts.js";
import { h, keyed } from "./dom.js";
import { field, hiding } from "./fields.js";

/** @typedef {import("./acts.js").Board} Board @typedef {import("./dom.js").Item} Item */

const LIMIT = 1_000;

/** What a table, or all together ("all"), sum up. @param {Board} board @param {string} id @returns {Item} */
export function sum(board, id) {
  const kept = board.state().sums[id] ?? { text: "", v: 0, hid: "" };
  const can = may(board, "sum.set") && (id === "all" ? ["lead", "helper"].includes(board.state().members[board.me]?.role) : isAt(board, id));
  const { kind, members } = board.state();
  const isTime = ["present", "sum_up"].includes(kind) || (kind === "group" && members[board.me]?.role === "host");
  const isThere = Boolean(kept.text || kept.hid);
  const title = id === "all" ? board.t("sum_all") : board.t("sum_table", { table: tableName(board, id) });
  const items = [];
  if (isThere) items.push(words(board, id, kept, title));
  if (can && (kept.text !== "" || isTime)) items.push(form(board, id, kept, title));
  return { key: `sum-${id}`, sig: "", make: () => h("div", { class: "osum" }), fill: (there) => keyed(there, items) };
}

/** Apart from the form, so that words that are hidden go although somebody is typing. @param {Board} board @param {string} id @param {any} kept @param {string} title @returns {Item} */
function words(board, id, { text, hid }, title) {
  const make = () =>
    h("div", {}, h("h3", { class: "osum__h", text: title }),
      hid ? h("p", { class: "sub", text: board.t("is_hidden", { why: hid }) }) : h("p", { class: "osum__t", text }),
      hiding(board, "sum", id, hid, () => undefined, title));
  return { key: "words", sig: JSON.stringify([text, hid, title, may(board, "sum.hide")]), make };
}

/** @param {Board} board @param {string} id @param {any} kept @param {string} title @returns {Item} */
function form(board, id, { text, v }, title) {
  const make = () => {
    const done = (/** @type {string} */ said) => {
      board.store.act({ op: "sum.set", id, text: said, base: v });
      board.say(board.t("saved"));
    };
    const write = field(board, { label: title, value: text, limit: LIMIT, rows: 3, send: board.t("save"), required: false, done });
    return text ? h("details", { class: "osum__edit" }, h("summary", { text: board.t("sum_edit") }), write) : h("div", {}, write);
  };
  return { key: "form", sig: JSON.stringify([text, v, title]), make };
}
