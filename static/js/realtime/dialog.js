// @ts-check
/** The small form over the canvas: opened for one thing, and kept true while the board changes. */

import { keyed } from "./dom.js";
import { fillLines, islandPanel } from "./island_forms.js";
import { panel } from "./note_forms.js";
import { fillTalks } from "./talks.js";

/** @typedef {import("./acts.js").Board} Board */

const OF_ISLANDS = ["island", "title", "link", "shift"];

/** @param {Board} board @param {HTMLDialogElement} dialog @param {{id: string, kind: string}} about */
export function openDialog(board, dialog, about) {
  dialog.replaceChildren();
  drawDialog(board, dialog, about);
  dialog.setAttribute("aria-labelledby", `${about.kind}-${about.id}`);
  if (!dialog.open) dialog.showModal();
  /** @type {HTMLElement | null} */ (dialog.querySelector("[data-autofocus]") ?? dialog.querySelector("button, input"))?.focus();
}

/** What was hidden meanwhile goes from the form as from everywhere. @param {Board} board @param {HTMLDialogElement} dialog @param {{id: string, kind: string}} about */
export function drawDialog(board, dialog, { id, kind }) {
  const isIsland = OF_ISLANDS.includes(kind);
  const thing = isIsland ? board.state().islands[id] : board.state().notes[id];
  if (!thing) return board.close();
  const make = () => (isIsland ? islandPanel(board, id, kind) : panel(board, id, kind));
  const fill = (/** @type {HTMLElement} */ made) => (isIsland ? fillLines(board, id, made) : fillTalks(board, id, made));
  keyed(dialog, [{ key: `${kind}-${id}`, sig: thing.hid, make, fill }]);
}
