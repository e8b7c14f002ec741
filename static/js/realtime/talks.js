// @ts-check
/** ひとこと: what is said to a note, and the form to say something. */

import { may, memberName } from "./acts.js";
import { h, keyed } from "./dom.js";
import { field, hiding } from "./fields.js";
import { newId } from "./waiting.js";

/** @typedef {import("./acts.js").Board} Board @typedef {import("./dom.js").Item} Item */

const LIMIT = 200;

/** @param {Board} board @param {string} id @returns {Node[]} */
export function talks(board, id) {
  const list = h("ul", { class: "talks" });
  keyed(list, items(board, id));
  if (!may(board, "talk.add")) return [list];
  const done = (/** @type {string} */ text) => {
    board.store.act({ op: "talk.add", id: newId(), note: id, text });
    const box = /** @type {HTMLTextAreaElement} */ (form.querySelector("textarea"));
    box.value = box.defaultValue = "";
    box.dispatchEvent(new Event("input"));
    box.focus();
  };
  const form = field(board, { label: board.t("talk_label"), value: "", limit: LIMIT, send: board.t("send"), done });
  return [list, form];
}

/** Bring the list in a form up to date; what somebody is typing below it stays. @param {Board} board @param {string} id @param {Element} form */
export function fillTalks(board, id, form) {
  const list = form.querySelector(".talks");
  if (list) keyed(list, items(board, id));
}

/** @param {Board} board @param {string} id @returns {Item[]} */
function items(board, id) {
  const found = Object.entries(board.state().talks).filter(([, one]) => one.note === id);
  if (!found.length) return [{ key: "none", sig: "", make: () => h("li", { class: "sub", text: board.t("talk_none") }) }];
  return found.map(([key, one]) => talk(board, id, key, one));
}

/** @param {Board} board @param {string} id @param {string} key @param {any} one @returns {Item} */
function talk(board, id, key, { by, text, hid }) {
  const who = memberName(board, by);
  const isMine = by === board.me && !hid && may(board, "talk.del");
  const drop = () => {
    board.store.act({ op: "talk.del", id: key });
    board.open(id, "talk");
  };
  const make = () =>
    h("li", {}, who ? h("b", { text: who }) : null, h("span", { text: hid ? board.t("is_hidden", { why: hid }) : text }),
      isMine
        ? h("button", { type: "button", class: "button button--quiet button--small", text: board.t("talk_drop"), onclick: drop })
        : hiding(board, "talk", key, hid, () => undefined, text));
  return { key, sig: JSON.stringify([who, text, hid, isMine, may(board, "talk.hide")]), make };
}
