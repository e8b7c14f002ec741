// @ts-check
/** What an operation of one's own will do before the server has said so, and what takes it back. Pure. */

import { membersOf } from "./orders.js";
import { map } from "./state.js";

/** @typedef {import("./state.js").State} State @typedef {import("./state.js").Effect} Effect @typedef {import("./state.js").Entry} Entry */

/**
 * What an operation of one's own will most likely do, shown until the server has said so; null for
 * what only the server can say.
 * @param {State} state
 * @param {string} me
 * @param {Effect} asked
 * @returns {Effect | null}
 */
export function foreseen(state, me, asked) {
  const op = asked.op;
  const note = state.notes[asked.id];
  if (op === "note.add") {
    const table = asked.table ?? state.members[me]?.table ?? "";
    const there = state.islands[asked.island];
    const whole = { q: 0, color: 1, x: 0, y: 0, island: "", o: "", of: "", ...asked };
    return { ...whole, by: me, table: there?.table ?? table, veil: state.kind === "write" };
  }
  if (op === "note.copy") {
    const from = state.notes[asked.of];
    if (from === undefined) return null;
    const { by, table, q, text, color, veil } = from;
    const at = { x: asked.x ?? 0, y: asked.y ?? 0, island: "", o: "" };
    return { op: "note.add", id: asked.id, by, table, q, text, color, ...at, veil, of: from.of || asked.of };
  }
  if (op === "note.text") return note ? { op, id: asked.id, text: asked.text, v: note.v + 1 } : null;
  if (op === "note.move") return note ? { x: 0, y: 0, ...asked, op, table: asked.table ?? note.table } : null;
  if (op === "island.add") {
    const table = asked.table ?? state.members[me]?.table ?? "";
    return { title: "", x: 0, y: 0, o: "1", notes: [], ...asked, op, table, by: me };
  }
  if (op === "link.add") return { word: "", ...asked, op };
  if (op === "talk.add") return { ...asked, op, by: me };
  if (op === "vote.set") return { ...asked, op, by: me };
  if (op === "members.home") return { op: "members.seat", seats: homes(state), round: true };
  if (op === "sum.set") return { op, id: asked.id, text: asked.text, v: (state.sums[asked.id]?.v ?? 0) + 1 };
  return PLAIN.has(op) ? asked : null;
}

const PLAIN = new Set(
  "members.seat note.color note.place note.del note.back note.show island.title island.move island.order island.del island.back link.del talk.del".split(" "),
);

/**
 * The operations that take back what `effect` does to `state` (the one before it), in order.
 * Nothing for what cannot be taken back.
 * @param {State} state
 * @param {Effect} effect
 * @returns {Effect[]}
 */
export function inverse(state, effect) {
  const { op, id } = effect;
  const note = state.notes[id];
  const island = state.islands[id];
  switch (op) {
    case "note.add":
      return [{ op: "note.del", id }];
    case "note.text":
      return note ? [{ op, id, text: note.text, base: effect.v }] : [];
    case "note.color":
      return note ? [{ op, id, color: note.color }] : [];
    case "note.move":
    case "note.place":
      return note ? [putBack(id, note)] : [];
    case "note.del":
      return [{ op: "note.back", id }];
    case "note.back":
      return [{ op: "note.del", id }];
    case "note.show":
      return note?.hid ? [{ op: "note.hide", id, reason: note.hid }] : [];
    case "note.hide":
      return [{ op: "note.show", id }];
    case "island.add": {
      const moved = effect.notes.filter((/** @type {string} */ one) => state.notes[one] !== undefined);
      return [...moved.map((/** @type {string} */ one) => putBack(one, state.notes[one])), { op: "island.del", id }];
    }
    case "island.title":
      return island?.title ? [{ op, id, title: island.title }] : [];
    case "island.move":
      return island ? [{ op, id, x: island.x, y: island.y }] : [];
    case "island.order":
      return island ? [{ op, id, o: island.o }] : [];
    case "island.del": {
      const links = Object.keys(state.links).filter((one) => [state.links[one].a, state.links[one].b].includes(id));
      const again = links.map((one) => lineAgain(one, state.links[one]));
      return [{ op: "island.back", id, notes: membersOf(state, id) }, ...again];
    }
    case "island.back":
      return [{ op: "island.del", id }];
    case "link.add":
      return [{ op: "link.del", id }];
    case "link.del":
      return state.links[id] ? [lineAgain(id, state.links[id])] : [];
    case "talk.add":
      return [{ op: "talk.del", id }];
    case "talk.hide":
    case "island.hide":
    case "link.hide":
    case "sum.hide":
      return [{ op: op.replace("hide", "show"), id }];
    case "link.show":
      return state.links[id]?.hid ? [{ op: "link.hide", id, reason: state.links[id].hid }] : [];
    case "sum.show":
      return state.sums[id]?.hid ? [{ op: "sum.hide", id, reason: state.sums[id].hid }] : [];
    case "talk.show":
      return state.talks[id]?.hid ? [{ op: "talk.hide", id, reason: state.talks[id].hid }] : [];
    case "island.show":
      return island?.hid ? [{ op: "island.hide", id, reason: island.hid }] : [];
    case "members.seat":
      return [seatsAgain(state, Object.keys(effect.seats))];
    case "members.shuffle": // only the server draws, but everybody knows where they sat
      return [seatsAgain(state, Object.keys(state.members).filter((one) => state.members[one].role === "member"))];
    case "vote.set":
      return [{ op, note: effect.note, k: effect.k ? 0 : 1 }];
    case "sum.set":
      return state.sums[id]?.hid ? [] : [{ op, id, text: state.sums[id]?.text ?? "", base: effect.v }];
    default:
      return [];
  }
}

/** Where everybody but the hosts goes who is not at their first table. @param {State} state @returns {Record<string, string>} */
export function homes(state) {
  const away = Object.entries(state.members).filter(([, one]) => one.role === "member" && one.home && one.home !== one.table);
  return map(Object.fromEntries(away.map(([id, { home }]) => [id, home])));
}

/** @param {State} state @param {string[]} ids @returns {Effect} */
function seatsAgain(state, ids) {
  const there = ids.filter((id) => state.members[id] !== undefined);
  return { op: "members.seat", seats: map(Object.fromEntries(there.map((id) => [id, state.members[id].table]))), round: true };
}

/** @param {string} id @param {Entry} link @returns {Effect} */
const lineAgain = (id, { a, b, word }) => ({ op: "link.add", id, a, b, word });

/** @param {string} id @param {Entry} note @returns {Effect} */
function putBack(id, note) {
  const { island, o, x, y } = note;
  return island ? { op: "note.place", id, island, o } : { op: "note.move", id, x, y };
}
