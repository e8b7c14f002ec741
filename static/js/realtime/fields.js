// @ts-check
/** What the small forms of the board are made of: a labelled text with a counter, a choice. */

import { may } from "./acts.js";
import { h, icon, letters } from "./dom.js";
import { newId } from "./waiting.js";

/** @typedef {import("./acts.js").Board} Board */

/**
 * A labelled text with a counter, and the button that sends it.
 * @param {Board} board
 * @param {{label: string, value: string, limit: number, send: string, rows?: number, required?: boolean, done: (text: string) => void}} about
 * @returns {HTMLElement}
 */
export function field(board, { label, value, limit, send, rows = 2, required = true, done }) {
  const id = newId();
  const count = h("p", { class: "field__count", id: `${id}-c` });
  const box = h("textarea", { class: "input", id, rows, "aria-describedby": `${id}-c`, "data-autofocus": true });
  box.defaultValue = value;
  const tell = () => {
    count.textContent = board.t("counted", { n: letters(box.value), limit });
    count.classList.toggle("field__error", letters(box.value) > limit);
  };
  box.addEventListener("input", tell);
  tell();
  const form = h(
    "form",
    { class: "mini-form", novalidate: true },
    h("label", { class: "field__label", for: id, text: label }),
    box,
    count,
    h("div", { class: "mover__to", "data-ends": true }, h("button", { type: "submit", class: "button button--small", text: send })),
  );
  form.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    if (letters(box.value) > limit) return board.notice(board.t("too_long", { limit }));
    if (required && !box.value.trim()) return box.focus();
    box.defaultValue = box.value;
    done(box.value);
  });
  sends(box, form);
  return form;
}

export const REASON = 200;

/**
 * The lead's button that takes words away, once a reason is given, or shows them again; null for
 * everybody else.
 * @param {Board} board
 * @param {"talk" | "island" | "link" | "sum"} kind
 * @param {string} id
 * @param {string} hid why they are hidden now
 * @param {() => void} after
 * @param {string} [words] what is hidden, for who does not see the button beside it
 */
export function hiding(board, kind, id, hid, after, words = "") {
  const op = `${kind}.${hid ? "show" : "hide"}`;
  if (!may(board, op)) return null;
  const done = (/** @type {string} */ reason) => {
    board.store.act(hid ? { op, id } : { op, id, reason });
    after();
  };
  const word = board.t(hid ? "act_show" : { island: "act_hide_title", link: "act_hide_word", sum: "act_hide_sum", talk: "act_hide" }[kind]);
  const named = words ? h("span", { class: "only-read", text: board.t("of_note", { text: short(words) }) }) : null;
  const button = h("button", { type: "button", class: "button button--quiet button--small" }, named, word);
  button.addEventListener("click", () => {
    if (hid) return done("");
    const asked = field(board, { label: board.t("hide_reason"), value: "", limit: REASON, send: board.t("act_hide"), done });
    button.replaceWith(asked);
    asked.querySelector("textarea")?.focus();
  });
  return button;
}

/** Ctrl+Enter sends, as a line break must stay a line break. @param {HTMLElement} box @param {HTMLFormElement} form */
export function sends(box, form) {
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
}

/** So much of a text that it is known again. @param {string} text */
export const short = (text) => (letters(text) > 24 ? `${[...text].slice(0, 23).join("")}…` : text);

/** A button that does something with a note and closes its form. @param {Board} board @param {string} id @param {string} word @param {() => void} run @param {string} [style] @param {string} [drawing] */
export function choice(board, id, word, run, style = "plain", drawing = "") {
  const act = () => {
    board.close();
    run();
    board.focusNote(id);
  };
  return h("button", { type: "button", class: `button button--${style} button--small`, onclick: act }, drawing ? icon(drawing) : null, word);
}
