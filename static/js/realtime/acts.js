// @ts-check
/**
 * What somebody may do with notes and islands: one set for the list and for the canvas. The server
 * judges again (`realtime/ops.py`). The forms it takes are `note_forms.js` and `island_forms.js`.
 */

import { afterLast, between, byOrder, membersOf } from "./orders.js";
import { freeSpot } from "./places.js";
import { newId } from "./waiting.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {{id: string, kind: string, title: string, say: string, minutes: number}} Phase
 * @typedef {{
 *   store: import("./sync.js").Store,
 *   busy: import("./busy.js").Busy,
 *   me: string,
 *   phases: Phase[],
 *   questions: string[],
 *   colors: number,
 *   allow: Record<string, string[]>,
 *   t: (name: string, values?: Record<string, string | number>) => string,
 *   state: () => State,
 *   notice: (words: string, quoted?: string) => void,
 *   say: (words: string) => void,
 *   focusNote: (id: string) => void,
 *   open: (id: string, kind: string) => void,
 *   close: () => void,
 * }} Board
 * @typedef {{key: string, word: string, icon?: string, isPressed?: boolean, run: () => void}} Act
 */

export const NOTE = 100;
export const TITLE = 60;
export const HELPS = ["lead", "helper"];

/** @param {Board} board */
export const roleOf = (board) => board.state().members[board.me]?.role ?? "viewer";
/** @param {Board} board */
export const leads = (board) => roleOf(board) === "lead";

/** Whether an operation may be asked for now. @param {Board} board @param {string} op */
export function may(board, op) {
  const state = board.state();
  if (!state.open || !board.allow[state.kind]?.includes(op)) return false;
  if (leads(board)) return true;
  return !state.frozen && !(state.locked && ["note.add", "note.text", "note.copy"].includes(op));
}

/** @param {Board} board @param {string} table */
export function isAt(board, table) {
  const sits = board.state().members[board.me]?.table;
  return HELPS.includes(roleOf(board)) || !table || !sits || table === sits;
}

/** Notes that can be read by somebody here. @param {any} note */
export const isThere = (note) => Boolean(note) && !note.gone && !note.hid;
/** Somebody else's note that is not shown yet. @param {any} note @param {string} me */
export const isBlank = (note, me) => note.veil && note.by !== me;

/** @param {Board} board @param {any} note */
const isMine = (board, note) => note.by === board.me || leads(board);

/** @param {Board} board @param {string} id */
export function mayMove(board, id) {
  const { notes, kind } = board.state();
  const note = notes[id];
  if (!isThere(note) || isBlank(note, board.me) || !isAt(board, note.table) || !may(board, "note.move")) return false;
  return kind === "group" || isMine(board, note);
}

/** How many favourites one may still choose. @param {Board} board */
export const votesLeft = (board) => board.state().budget - Object.keys(board.state().votes[board.me] ?? {}).length;
/** @param {Board} board @param {string} id */
export const isChosen = (board, id) => Boolean(board.state().votes[board.me]?.[id]);

/** @param {Board} board @param {string} id */
export function mayVote(board, id) {
  const note = board.state().notes[id];
  return may(board, "vote.set") && board.state().tally === null && isThere(note) && !note.veil;
}

/** @param {Board} board @param {string} id */
export function vote(board, id) {
  const k = isChosen(board, id) ? 0 : 1;
  if (k && votesLeft(board) < 1) return board.notice(board.t("no_votes"));
  board.store.act({ op: "vote.set", note: id, k });
  board.say(board.t(k ? "voted" : "unvoted", { n: votesLeft(board) }));
}

/** Live islands somebody may put a note on, in the order of the list. @param {Board} board @param {string} [table] */
export function islandsOf(board, table) {
  const { islands } = board.state();
  return Object.keys(islands)
    .filter((id) => !islands[id].gone && (table === undefined || islands[id].table === table))
    .sort((a, b) => byOrder(islands[a].o, a, islands[b].o, b));
}

/** @param {Board} board @param {string} id */
export function islandName(board, id) {
  const island = board.state().islands[id];
  return island?.title || board.t(island?.hid ? "island_hidden" : "island_untitled");
}
/** @param {Board} board @param {string} id */
export const tableName = (board, id) => board.state().tables[id]?.title ?? board.t("table_none");
/** Who else is moving something just now, in words: by name where names are shown, else by table. @param {Board} board @param {string} id */
export function moverOf(board, id) {
  const by = board.busy.moving.get(id);
  if (by === undefined || by === board.me) return "";
  const { members, names, tables } = board.state();
  const { name = "", role = "", table = "" } = members[by] ?? {};
  const who = (names && name) || tables[table]?.title || board.t(role === "lead" ? "the_lead" : "somebody");
  return board.t("moves", { who });
}

/** A name where names are shown. @param {Board} board @param {string} id */
export const memberName = (board, id) => (id === board.me ? board.t("me") : board.state().members[id]?.name || "");

/** Everything that may be done with a note, the likeliest first. @param {Board} board @param {string} id @returns {Act[]} */
export function actsOf(board, id) {
  const state = board.state();
  const note = state.notes[id];
  const { t, store } = board;
  /** @type {Act[]} */
  const found = [];
  if (!note || isBlank(note, board.me)) return found;
  /** @param {boolean} can @param {string} key @param {() => void} run @param {Partial<Act>} [more] */
  const offer = (can, key, run, more = {}) => can && found.push({ key, word: t(`act_${key}`), run, ...more });
  if (note.gone) {
    offer(isMine(board, note) && may(board, "note.back"), "back", () => store.act({ op: "note.back", id }));
    return found;
  }
  if (note.hid) {
    offer(may(board, "note.show"), "show", () => store.act({ op: "note.show", id }));
    return found;
  }
  offer(mayVote(board, id), "vote", () => vote(board, id), { isPressed: isChosen(board, id), icon: "star" });
  const sorts = mayMove(board, id) && may(board, "note.place");
  const changesTable = mayMove(board, id) && HELPS.includes(roleOf(board)) && Object.keys(state.tables).length > 1;
  offer(sorts || changesTable, "move", () => board.open(id, "move"));
  offer(isMine(board, note) && may(board, "note.text"), "text", () => board.open(id, "text"), { icon: "pen" });
  const talks = Object.values(state.talks).filter((one) => one.note === id).length;
  offer(may(board, "talk.add") || talks > 0, "talk", () => board.open(id, "talk"));
  offer(sorts && may(board, "island.add"), "group", () => board.open(id, "group"));
  if (sorts && note.island) {
    const row = membersOf(state, note.island);
    const place = row.indexOf(id);
    offer(place > 0, "up", () => shift(board, id, -1));
    offer(place < row.length - 1, "down", () => shift(board, id, 1));
    offer(true, "ungroup", () => ungroup(board, id));
  }
  offer(may(board, "note.copy") && isAt(board, note.table), "copy", () => copy(board, id));
  offer(isMine(board, note) && may(board, "note.color"), "color", () => board.open(id, "color"));
  offer(isMine(board, note) && may(board, "note.del"), "del", () => remove(board, id));
  offer(may(board, "note.hide") && note.by !== board.me, "hide", () => board.open(id, "hide"));
  return found;
}

/** One place up (-1) or down (1) on its island. @param {Board} board @param {string} id @param {number} by */
export function shift(board, id, by) {
  const state = board.state();
  const island = state.notes[id].island;
  const row = membersOf(state, island);
  const place = row.indexOf(id);
  const rest = row.filter((one) => one !== id);
  const to = place + by;
  if (to < 0 || to >= row.length) return;
  placeAt(board, id, island, rest, to);
  board.focusNote(id);
}

/** Put a note on an island before the `to`th of the others. @param {Board} board @param {string} id @param {string} island @param {string[]} rest @param {number} to */
export function placeAt(board, id, island, rest, to) {
  const { notes } = board.state();
  const low = to > 0 ? notes[rest[to - 1]].o : "";
  const high = to < rest.length ? notes[rest[to]].o : "";
  if (high !== "" && low >= high) return spread(board, id, island, rest, to);
  board.store.act({ op: "note.place", id, island, o: between(low, high) });
}

/** Two notes put somewhere at the same moment share a key: number the whole island anew. @param {Board} board @param {string} id @param {string} island @param {string[]} rest @param {number} to */
function spread(board, id, island, rest, to) {
  const row = [...rest.slice(0, to), id, ...rest.slice(to)];
  board.store.act(...row.map((one, n) => ({ op: "note.place", id: one, island, o: orderKey(n) })));
}

/** One place up (-1) or down (1) among the islands of its table. @param {Board} board @param {string} id @param {number} by */
export function shiftIsland(board, id, by) {
  const { islands } = board.state();
  const row = islandsOf(board, islands[id].table);
  const to = row.indexOf(id) + by;
  if (to < 0 || to >= row.length) return;
  const rest = row.filter((one) => one !== id);
  const low = to > 0 ? islands[rest[to - 1]].o : "";
  const high = to < rest.length ? islands[rest[to]].o : "";
  if (high !== "" && low >= high) {
    const whole = [...rest.slice(0, to), id, ...rest.slice(to)];
    board.store.act(...whole.map((one, n) => ({ op: "island.order", id: one, o: orderKey(n) })));
  } else {
    board.store.act({ op: "island.order", id, o: between(low, high) });
  }
  board.say(board.t("island_at", { text: islandName(board, id), n: to + 1, all: row.length }));
}

/** Whether an island may be put before or behind others. @param {Board} board @param {string} id */
export function mayOrder(board, id) {
  const { table } = board.state().islands[id];
  return may(board, "island.order") && isAt(board, table) && islandsOf(board, table).length > 1;
}

/** @param {number} n */
const orderKey = (n) => `${String(n + 1).padStart(4, "0")}V`;

/** @param {Board} board @param {string} id */
export function ungroup(board, id) {
  const note = board.state().notes[id];
  board.store.act({ op: "note.move", id, ...freeSpot(board.state(), note.table) });
  board.say(board.t("ungrouped"));
  board.focusNote(id);
}

/** @param {Board} board @param {string} id */
function copy(board, id) {
  const made = newId();
  const { x, y } = freeSpot(board.state(), board.state().notes[id].table);
  board.store.act({ op: "note.copy", id: made, of: id, x, y });
  board.say(board.t("copied"));
  board.focusNote(made);
}

/** @param {Board} board @param {string} id */
export function remove(board, id) {
  board.store.act({ op: "note.del", id });
  board.say(board.t("removed"));
}

/** Write a note. @param {Board} board @param {{text: string, color: number, q: number, island?: string, at?: {x: number, y: number}, table?: string}} note */
export function write(board, { text, color, q, island, at, table }) {
  const state = board.state();
  const id = newId();
  const here = table ?? state.members[board.me]?.table ?? "";
  const beside = Object.values(state.members).filter((one) => one.table === here && one.role !== "lead").length;
  const spot = at ?? freeSpot(state, here, false, Math.min(24, Math.max(1, beside)));
  const on = island ? { island, o: afterLast(state, island) } : {};
  const named = table !== undefined && table !== "" ? { table } : {};
  board.store.act({ op: "note.add", id, text, color, q, ...spot, ...on, ...named });
  return id;
}

/** A new island with these notes, where the first of them lies. @param {Board} board @param {string[]} notes @param {string} title @param {{x: number, y: number}} [at] @param {string} [table] */
export function gather(board, notes, title, at, table) {
  const state = board.state();
  const id = newId();
  const first = state.notes[notes[0]];
  const here = first?.table ?? table ?? state.members[board.me]?.table ?? "";
  const last = islandsOf(board).at(-1);
  const spot = at ?? (first && !first.island ? { x: first.x, y: first.y } : freeSpot(state, here, true));
  const o = between(last ? state.islands[last].o : "", "");
  const named = HELPS.includes(roleOf(board)) && here ? { table: here } : {};
  board.store.act({ op: "island.add", id, title, notes, o, ...spot, ...named });
  return id;
}
