// @ts-check
/**
 * Hands on the canvas: fingers and the mouse. A drag is seen by nobody else until the one move at
 * its end.
 */

import { gather, isAt, isBlank, islandName, may, mayMove, mayVote, placeAt, vote } from "./acts.js";
import { place } from "./figures.js";
import { openMenu } from "./keys.js";
import { onSheet, rowOf } from "./places.js";

const SLOP = 5; // pixels a finger may shake before it drags

export class Hands {
  /** @param {import("./canvas.js").Canvas} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.board = canvas.board;
    this.camera = canvas.camera;
    /** @type {Map<number, {x: number, y: number}>} */
    this.fingers = new Map();
    /** @type {null | {id: string, isIsland: boolean, node: HTMLElement, dx: number, dy: number, sx: number, sy: number, isMoving: boolean}} */
    this.held = null;
    const { root } = canvas;
    root.addEventListener("pointerdown", (event) => this.#down(event));
    root.addEventListener("pointermove", (event) => this.#move(event));
    root.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    for (const name of ["pointerup", "pointercancel"]) root.addEventListener(name, (event) => this.#up(/** @type {PointerEvent} */ (event)));
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button !== 0) return;
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.closest("button")) return;
    this.canvas.root.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.fingers.size > 1) return this.#letGo();
    const note = /** @type {HTMLElement | null} */ (target.closest("[data-note]"));
    const island = /** @type {HTMLElement | null} */ (target.closest("[data-island]"));
    const node = note ?? island;
    if (!node) return;
    const id = (note ? note.dataset.note : island?.dataset.island) ?? "";
    const at = note ? this.canvas.layout.notes.get(id) : this.canvas.layout.islands.get(id);
    if (!at || (note && isBlank(this.board.state().notes[id], this.board.me))) return;
    const { x, y } = this.camera.units(event);
    this.held = { id, isIsland: !note, node, dx: x - at.x, dy: y - at.y, sx: event.clientX, sy: event.clientY, isMoving: false };
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const before = this.fingers.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    if (this.fingers.size === 2) return this.#pinched(event.pointerId, before, now);
    this.fingers.set(event.pointerId, now);
    const { held } = this;
    const can = held && (held.isIsland ? held.node.classList.contains("is-loose") : mayMove(this.board, held.id));
    if (!held || !can) {
      if (held && Math.hypot(now.x - held.sx, now.y - held.sy) > SLOP) this.held = null; // it cannot be moved: the board is
      if (!this.held) this.camera.pan(now.x - before.x, now.y - before.y);
      return;
    }
    if (!held.isMoving && Math.hypot(now.x - held.sx, now.y - held.sy) < SLOP) return;
    if (!held.isMoving) {
      held.isMoving = true;
      const { members, notes } = this.board.state();
      if (held.isIsland || !notes[held.id]?.veil) this.board.busy.hold(held.id, Object.keys(members).length);
      held.node.classList.add("is-held");
    }
    const { x, y } = this.camera.units(event);
    place(held.node, x - held.dx, y - held.dy);
    if (held.isIsland) this.#carry(held.id, x - held.dx, y - held.dy);
    else this.#aim(x, y, held.id);
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      const { left, top } = this.canvas.root.getBoundingClientRect();
      this.camera.zoomBy(Math.exp(-event.deltaY / 240), event.clientX - left, event.clientY - top);
    } else if (document.documentElement.scrollHeight <= innerHeight + 1) {
      event.preventDefault(); // where the page itself scrolls, the wheel is the page's
      this.camera.pan(-(event.shiftKey ? event.deltaY : event.deltaX), event.shiftKey ? 0 : -event.deltaY);
    }
  }

  /** Notes go with their island. @param {string} id @param {number} x @param {number} y */
  #carry(id, x, y) {
    const at = this.canvas.layout.islands.get(id);
    if (!at) return;
    for (const [note, box] of at.notes) {
      const there = this.canvas.drawn.get(note);
      if (there) place(there.node, box.x + x - at.x, box.y + y - at.y);
    }
  }

  /** Show where a note would go. @param {number} x @param {number} y @param {string} id */
  #aim(x, y, id) {
    for (const node of this.canvas.plane.querySelectorAll(".is-aim")) node.classList.remove("is-aim");
    const to = this.#under(x, y, id);
    if (to) this.canvas.drawn.get(to.id)?.node.classList.add("is-aim");
  }

  /** What lies under a point: an island, or a loose note. @param {number} x @param {number} y @param {string} but */
  #under(x, y, but) {
    const { notes } = this.board.state();
    const inside = (/** @type {any} */ at) => x >= at.x && x <= at.x + at.w && y >= at.y && y <= at.y + at.h;
    for (const [id, at] of this.canvas.layout.islands) if (inside(at)) return { id, isIsland: true };
    for (const [id, at] of this.canvas.layout.notes) {
      if (id !== but && !notes[id].island && inside(at) && !isBlank(notes[id], this.board.me)) return { id, isIsland: false };
    }
    return null;
  }

  /** @param {PointerEvent} event */
  #up(event) {
    if (!this.fingers.delete(event.pointerId)) return;
    const { held } = this;
    this.held = null;
    this.board.busy.drop();
    for (const node of this.canvas.plane.querySelectorAll(".is-aim")) node.classList.remove("is-aim");
    if (!held) return;
    held.node.classList.remove("is-held");
    if (event.type === "pointercancel") return this.board.store.ears.changed();
    if (!held.isMoving) {
      if (held.isIsland) return held.node.classList.contains("is-loose") ? this.board.open(held.id, "island") : undefined;
      this.canvas.focus = held.id;
      held.node.focus({ preventScroll: true });
      if (mayVote(this.board, held.id)) vote(this.board, held.id);
      else openMenu(this.board, held.id);
      return;
    }
    const { x, y } = this.camera.units(event);
    if (held.isIsland) this.#dropIsland(held.id, x - held.dx, y - held.dy);
    else this.#drop(held.id, x, y, x - held.dx, y - held.dy);
    this.board.store.ears.changed();
  }

  #letGo() {
    if (!this.held) return;
    this.held.node.classList.remove("is-held");
    this.held = null;
    this.board.busy.drop();
    this.board.store.ears.changed();
  }

  /** @param {number} pointer @param {{x: number, y: number}} before @param {{x: number, y: number}} now */
  #pinched(pointer, before, now) {
    const other = [...this.fingers].find(([id]) => id !== pointer)?.[1];
    this.fingers.set(pointer, now);
    if (!other) return;
    const { left, top } = this.canvas.root.getBoundingClientRect();
    const was = Math.hypot(before.x - other.x, before.y - other.y);
    const is = Math.hypot(now.x - other.x, now.y - other.y);
    this.camera.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
    if (was > 0) this.camera.zoomBy(is / was, (now.x + other.x) / 2 - left, (now.y + other.y) / 2 - top);
  }

  /** One move on drop. @param {string} id @param {number} px @param {number} py the pointer @param {number} x @param {number} y the note's corner */
  #drop(id, px, py, x, y) {
    const { board } = this;
    const state = board.state();
    const to = this.#under(px, py, id);
    if (to?.isIsland && may(board, "note.place")) {
      const row = rowOf(state, to.id).filter((one) => one !== id);
      const before = row.findIndex((one) => {
        const at = this.canvas.layout.notes.get(one);
        return at && (py < at.y || (py < at.y + at.h && px < at.x + at.w / 2));
      });
      if (!isAt(board, state.islands[to.id].table)) return board.notice(board.t("other_table"));
      placeAt(board, id, to.id, row, before < 0 ? row.length : before);
      return board.say(board.t("moved", { where: islandName(board, to.id) }));
    }
    if (to && !to.isIsland && may(board, "island.add") && state.notes[to.id].table === state.notes[id].table) {
      const made = gather(board, [to.id, id], "");
      board.say(board.t("made_island"));
      return board.open(made, "title");
    }
    const there = onSheet(this.canvas.layout, x, y);
    const note = state.notes[id];
    const helps = ["lead", "helper"].includes(state.members[board.me]?.role);
    const crosses = Boolean(state.tables[there.table]) && there.table !== note.table;
    if (crosses && !helps) return board.notice(board.t("other_table"));
    board.store.act({ op: "note.move", id, x: there.x, y: there.y, ...(crosses ? { table: there.table } : {}) });
  }

  /** @param {string} id @param {number} x @param {number} y */
  #dropIsland(id, x, y) {
    const island = this.board.state().islands[id];
    const sheet = this.canvas.layout.sheets.find((one) => one.id === (this.board.state().tables[island.table] ? island.table : ""));
    const there = onSheet(this.canvas.layout, x, y);
    this.board.store.act({ op: "island.move", id, x: Math.max(0, Math.round(x - (sheet?.x ?? 0))), y: Math.max(0, there.y) });
  }
}
