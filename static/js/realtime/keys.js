// @ts-check
/** Keys on notes: every drag has one. Those of a note are the same in both views. */

import { actsOf, isBlank, mayMove, mayOrder, remove, shift, shiftIsland, vote } from "./acts.js";

/** @typedef {import("./acts.js").Board} Board @typedef {import("./canvas.js").Canvas} Canvas */

const STEP = 80;
const NUDGE = 40;

/** @param {Canvas} canvas @param {KeyboardEvent} event */
export function onKey(canvas, event) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (target.closest("textarea, input, select, button") || event.ctrlKey || event.metaKey || event.altKey) return;
  const note = target.dataset.note ?? "";
  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const way = /** @type {Record<string, number[]>} */ (ways)[event.key];
  if (way && note && event.shiftKey) nudge(canvas.board, note, way);
  else if (way && note) towards(canvas, note, way);
  else if (way) canvas.camera.pan(-way[0] * STEP, -way[1] * STEP);
  else if (event.key === "+" || event.key === ";") canvas.camera.zoomBy(1.25);
  else if (event.key === "-") canvas.camera.zoomBy(0.8);
  else if (event.key === "0") canvas.fit();
  else if (note && (event.key === "Enter" || event.key === " ")) {
    if (event.key === "Enter" && actsOf(canvas.board, note).some(({ key }) => key === "text")) canvas.board.open(note, "text");
    else openMenu(canvas.board, note);
  } else if (!note || !press(canvas.board, event.key, note)) return;
  event.preventDefault();
}

/**
 * A line of the list hears what a note of the canvas does; Shift with ↑ or ↓ puts it, or an island,
 * one place higher or lower.
 * @param {Board} board
 * @param {KeyboardEvent} event
 */
export function onListKey(board, event) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (target.closest("textarea, input, select") || event.ctrlKey || event.metaKey || event.altKey) return;
  const note = /** @type {HTMLElement | null} */ (target.closest("[data-note]"))?.dataset.note;
  const isle = /** @type {HTMLElement | null} */ (target.closest("[data-isle]"))?.dataset.isle;
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (by !== undefined && event.shiftKey) {
    if (note && actsOf(board, note).some(({ key }) => key === (by < 0 ? "up" : "down"))) shift(board, note, by);
    else if (!note && isle && mayOrder(board, isle)) shiftIsland(board, isle, by);
    else return;
  } else if (!note || !press(board, event.key, note)) return;
  event.preventDefault();
}

/** Shift and an arrow: a note by a little, or on its island one place. @param {Board} board @param {string} id @param {number[]} way */
function nudge(board, id, [dx, dy]) {
  const note = board.state().notes[id];
  if (!mayMove(board, id)) return;
  if (note.island) return shift(board, id, dx + dy);
  board.store.act({ op: "note.move", id, x: note.x + dx * NUDGE, y: Math.max(0, note.y + dy * NUDGE) });
}

/** M, G, V, Delete on a note, in both views. @param {Board} board @param {string} pressed @param {string} id @returns {boolean} whether it means something here */
export function press(board, pressed, id) {
  const offered = new Set(actsOf(board, id).map(({ key }) => key));
  const key = pressed.toLowerCase();
  if (key === "m" && offered.has("move")) board.open(id, "move");
  else if (key === "g" && offered.has("group")) board.open(id, "group");
  else if (key === "v" && offered.has("vote")) vote(board, id);
  else if (key === "delete" && offered.has("del")) remove(board, id);
  else return false;
  return true;
}

/** @param {Board} board @param {string} id */
export function openMenu(board, id) {
  const acts = actsOf(board, id);
  if (acts.length) board.open(id, "all");
}

/** The nearest note that way. @param {Canvas} canvas @param {string} from @param {number[]} way */
function towards(canvas, from, [dx, dy]) {
  const at = canvas.layout.notes.get(from);
  if (!at) return;
  const { notes } = canvas.board.state();
  let best = "";
  let least = Infinity;
  for (const [id, to] of canvas.layout.notes) {
    if (id === from || isBlank(notes[id], canvas.board.me)) continue;
    const x = to.x + to.w / 2 - at.x - at.w / 2;
    const y = to.y + to.h / 2 - at.y - at.h / 2;
    const along = x * dx + y * dy;
    if (along <= 4) continue;
    const cost = along + 2 * Math.abs(x * dy) + 2 * Math.abs(y * dx);
    if (cost < least) [best, least] = [id, cost];
  }
  if (!best) return;
  const old = canvas.drawn.get(canvas.focus)?.node;
  if (old) old.tabIndex = -1;
  canvas.focus = best;
  canvas.items();
  canvas.drawn.get(best)?.node.focus({ preventScroll: true });
}
