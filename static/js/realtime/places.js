// @ts-check
/**
 * Where things lie on the canvas, worked out without drawing: sizes follow from the words. A
 * place (x, y) is counted from the corner of its table's sheet; sheets stand side by side.
 */

import { byOrder, membersOf } from "./orders.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {{x: number, y: number, w: number, h: number}} Box
 * @typedef {Box & {id: string, table: string, notes: Map<string, Box>, head: number}} IslandBox
 * @typedef {{sheets: (Box & {id: string})[], islands: Map<string, IslandBox>, notes: Map<string, Box>, all: Box}} Layout
 */

export const NOTE_W = 152;
const LINE = 21;
const PER_LINE = 9.2; // Japanese letters in one line of a note
const GAP = 12;
const PAD = 14;
const HEAD = 44;
const HEAD_LINE = 26;
const SHEET_W = 760;
const SHEET_H = 520;
const SHEET_GAP = 40;
const SHEET_HEAD = 56;
const STEP = 200; // sheets grow by so much, so that what is beside them seldom moves
const FOOT = 26;
const PILE = 24; // between notes that were put at the very same place

/** How wide words are, in Japanese letters. @param {string} text */
function width(text) {
  let found = 0;
  for (const letter of text) found += letter < "\u0100" ? 0.58 : 1;
  return found;
}

/** @param {string} text @param {number} per */
function lines(text, per) {
  return text.split("\n").reduce((sum, line) => sum + Math.max(1, Math.ceil(width(line) / per)), 0);
}

/** @type {Map<string, number>} */
const heights = new Map();

/** @param {string} text @returns {number} */
export function noteHeight(text) {
  let found = heights.get(text);
  if (found === undefined) {
    if (heights.size > 10_000) heights.clear();
    found = Math.max(72, lines(text, PER_LINE) * LINE + 22 + FOOT);
    heights.set(text, found);
  }
  return found;
}

/** Tables in their order; "" stands for what is at none. @param {State} state @returns {string[]} */
export function tablesOf(state) {
  const tables = Object.keys(state.tables).sort((a, b) => byOrder(state.tables[a].o, a, state.tables[b].o, b));
  const isLoose = (/** @type {any} */ one) => !one.gone && !state.tables[one.table];
  const loose = Object.values(state.notes).some(isLoose) || Object.values(state.islands).some(isLoose);
  return loose || !tables.length ? [...tables, ""] : tables;
}

/** Every note that lies on the board, and where. @param {State} state @param {string} [only] one table's sheet @returns {Layout} */
export function laidOut(state, only) {
  /** @type {Map<string, string[]>} */
  const rows = new Map();
  for (const id of Object.keys(state.notes)) {
    const note = state.notes[id];
    if (note.gone || note.hid) continue;
    const on = state.islands[note.island] && !state.islands[note.island].gone ? note.island : "";
    const row = rows.get(on);
    if (row) row.push(id);
    else rows.set(on, [id]);
  }
  /** @type {Layout} */
  const found = { sheets: [], islands: new Map(), notes: new Map(), all: { x: 0, y: 0, w: 0, h: 0 } };
  let left = 0;
  for (const table of tablesOf(state)) {
    if (only !== undefined && table !== only) continue;
    const isHere = (/** @type {any} */ one) => (state.tables[one.table] ? one.table : "") === table;
    let right = SHEET_W;
    let bottom = SHEET_H;
    const here = Object.keys(state.islands).filter((id) => !state.islands[id].gone && isHere(state.islands[id]));
    /** @type {Box[]} */
    const taken = [];
    for (const id of here.sort((a, b) => from(state.islands[a], state.islands[b]) || (a < b ? -1 : 1))) {
      const row = (rows.get(id) ?? []).sort((a, b) => byOrder(state.notes[a].o, a, state.notes[b].o, b));
      const box = islandBox(state, id, row, left, SHEET_HEAD);
      const down = below(box, taken) - box.y; // islands grow: what they reach makes room
      box.y += down;
      for (const at of box.notes.values()) at.y += down;
      taken.push(box);
      found.islands.set(id, box);
      for (const [note, at] of box.notes) found.notes.set(note, at);
      right = Math.max(right, box.x + box.w - left + PAD);
      bottom = Math.max(bottom, box.y + box.h + PAD);
    }
    const spots = new Set();
    for (const id of (rows.get("") ?? []).sort()) {
      const note = state.notes[id];
      if (!isHere(note)) continue;
      const box = { x: left + note.x, y: SHEET_HEAD + note.y, w: NOTE_W, h: noteHeight(note.text) };
      box.y = below(box, taken);
      for (let n = 0; n < 50 && spots.has(`${box.x} ${box.y}`); n += 1) {
        box.x += PILE;
        box.y += PILE;
      }
      spots.add(`${box.x} ${box.y}`);
      found.notes.set(id, box);
      right = Math.max(right, note.x + NOTE_W + PAD);
      bottom = Math.max(bottom, box.y + box.h + PAD);
    }
    const w = SHEET_W + Math.ceil((right - SHEET_W) / STEP) * STEP;
    const h = SHEET_H + Math.ceil((bottom - SHEET_H) / STEP) * STEP;
    found.sheets.push({ id: table, x: left, y: 0, w, h });
    left += w + SHEET_GAP;
  }
  const high = Math.max(SHEET_H, ...found.sheets.map(({ h }) => h));
  for (const sheet of found.sheets) sheet.h = high;
  found.all = { x: 0, y: 0, w: Math.max(SHEET_W, left - SHEET_GAP), h: high };
  return found;
}

/** @param {State} state @param {string} id @param {string[]} row @param {number} left @param {number} top @returns {IslandBox} */
function islandBox(state, id, row, left, top) {
  const island = state.islands[id];
  const columns = row.length > 4 ? 3 : 2;
  const w = PAD * 2 + columns * NOTE_W + (columns - 1) * GAP;
  const head = HEAD + (lines(island.title || "－", (w - 140) / 19) - 1) * HEAD_LINE;
  const x = left + island.x;
  const y = top + island.y;
  /** @type {Map<string, Box>} */
  const notes = new Map();
  let down = y + head;
  for (let n = 0; n < row.length; n += columns) {
    const part = row.slice(n, n + columns);
    const high = Math.max(...part.map((one) => noteHeight(state.notes[one].text)));
    part.forEach((one, place) => notes.set(one, { x: x + PAD + place * (NOTE_W + GAP), y: down, w: NOTE_W, h: high }));
    down += high + GAP;
  }
  return { id, table: island.table, x, y, w, h: Math.max(head + PAD + 40, down - y + PAD - GAP + 4), notes, head };
}

/** @param {any} a @param {any} b what is higher comes first, then what is further left */
const from = (a, b) => a.y - b.y || a.x - b.x;

/** How far down a box goes so that it lies on none of these. @param {Box} box @param {Box[]} taken @returns {number} */
function below(box, taken) {
  let { y } = box;
  for (let n = 0; n < 50; n += 1) {
    const over = taken.find((at) => box.x < at.x + at.w && at.x < box.x + box.w && y < at.y + at.h && at.y < y + box.h);
    if (!over) break;
    y = over.y + over.h + GAP;
  }
  return y;
}

/** What lies on a sheet, with some air around it. @param {Layout} layout @param {Box} sheet @returns {Box} */
export function filled(layout, sheet) {
  let [right, bottom] = [sheet.x + SHEET_W, sheet.y + 420];
  for (const at of [...layout.islands.values(), ...layout.notes.values()]) {
    if (at.x < sheet.x || at.x >= sheet.x + sheet.w) continue;
    right = Math.max(right, at.x + at.w + PAD);
    bottom = Math.max(bottom, at.y + at.h + PAD);
  }
  return { x: sheet.x, y: sheet.y, w: right - sheet.x, h: bottom - sheet.y };
}

/** The sheet under a point, and the point on it. @param {Layout} layout @param {number} x @param {number} y */
export function onSheet(layout, x, y) {
  const near = layout.sheets.find((sheet) => x < sheet.x + sheet.w + SHEET_GAP / 2) ?? layout.sheets[layout.sheets.length - 1];
  return { table: near?.id ?? "", x: Math.round(x - (near?.x ?? 0)), y: Math.round(y - SHEET_HEAD) };
}

/**
 * A free place for a note (or an island) on a table's sheet, row by row; by chance one of the first
 * `among`, since others write at the same moment.
 * @param {State} state
 * @param {string} table
 * @param {boolean} [isIsland]
 * @param {number} [among]
 * @returns {{x: number, y: number}}
 */
export function freeSpot(state, table, isIsland = false, among = 1) {
  let skip = Math.floor(Math.random() * among);
  const { notes, islands } = laidOut(state, state.tables[table] ? table : "");
  const taken = [...islands.values(), ...notes.values()];
  const w = isIsland ? 2 * NOTE_W : NOTE_W;
  const h = isIsland ? 200 : 96;
  for (let row = 0; row < 400; row += 1) {
    for (let column = 0; column * (NOTE_W + GAP) + w < SHEET_W; column += 1) {
      const x = PAD + column * (NOTE_W + GAP);
      const y = PAD + row * (h + GAP);
      const isFree = !taken.some((box) => box.x < x + w + 4 && x < box.x + box.w + 4 && box.y - SHEET_HEAD < y + h + 4 && y < box.y - SHEET_HEAD + box.h + 4);
      if (isFree && (skip -= 1) < 0) return { x, y };
    }
  }
  return { x: PAD, y: Math.max(...taken.map((box) => box.y + box.h)) - SHEET_HEAD + GAP };
}

/** Notes of an island in order, for those who have no layout. @param {State} state @param {string} island */
export const rowOf = (state, island) => membersOf(state, island).filter((id) => !state.notes[id].gone && !state.notes[id].hid);

/** @param {Box} a @param {Box} b */
export const meets = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

/** @param {Box} a @param {Box} b */
export const holds = (a, b) => a.x <= b.x && a.y <= b.y && a.x + a.w >= b.x + b.w && a.y + a.h >= b.y + b.h;

/** Where the line to `to` leaves a box. @param {Box} from @param {Box} to */
export function edge(from, to) {
  const [x, y] = [from.x + from.w / 2, from.y + from.h / 2];
  const [dx, dy] = [to.x + to.w / 2 - x, to.y + to.h / 2 - y];
  const scale = Math.min(dx ? from.w / 2 / Math.abs(dx) : Infinity, dy ? from.h / 2 / Math.abs(dy) : Infinity, 1);
  return { x: x + dx * scale, y: y + dy * scale };
}
