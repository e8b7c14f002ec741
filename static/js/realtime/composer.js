// @ts-check
/** The form one writes notes with. */

import { NOTE, write } from "./acts.js";
import { letters } from "./dom.js";
import { sends } from "./fields.js";

/**
 * What is typed stays until it is sent.
 * @param {HTMLFormElement} form
 * @param {import("./acts.js").Board} board
 * @param {Storage | null} kept
 * @param {() => {at?: {x: number, y: number}, table?: string}} where
 */
export function compose(form, board, kept, where) {
  const box = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text"));
  const count = /** @type {HTMLElement} */ (form.querySelector("[data-compose-count]"));
  const key = `tomoni-board-draft:${board.store.place.board}`;
  box.value = kept?.getItem(key) ?? "";
  const tell = () => {
    count.textContent = board.t("counted", { n: letters(box.value), limit: NOTE });
    count.classList.toggle("field__error", letters(box.value) > NOTE);
    try {
      if (box.value) kept?.setItem(key, box.value);
      else kept?.removeItem(key);
    } catch {
      // the browser's store is full: the page itself still holds the text
    }
  };
  box.addEventListener("input", tell);
  tell();
  sends(box, form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = box.value.trim();
    if (!text) return box.focus();
    if (letters(text) > NOTE) return board.notice(board.t("too_long", { limit: NOTE }));
    const said = new FormData(form);
    write(board, { text, color: Number(said.get("color") ?? 1), q: Number(said.get("q") ?? 0), ...where() });
    board.say(board.t(board.store.line === "live" ? "written" : "written_off"));
    box.value = "";
    tell();
    box.focus();
  });
}
