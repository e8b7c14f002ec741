// @ts-check
/**
 * A board as a value: `realtime/state.py` and `realtime/folds*.py` once more, held to it by tests/realtime/folds.json. Pure.
 *
 * `apply` changes the state's maps and replaces what is in them, so that an entry that is the same
 * object is unchanged, and `fork` is cheap. Maps have no prototype: ids are other people's words.
 *
 * @typedef {Record<string, any>} Entry
 * @typedef {Record<string, any>} State
 * @typedef {Record<string, any> & {op: string}} Effect an effect as it is told, or an operation asked for
 */

import { membersOf } from "./orders.js";

const STEP = 24; // units between notes that an island lets go of
const MAPS = ["tables", "members", "notes", "islands", "links", "talks", "votes", "sums"];

/** @param {Record<string, any>} [from] @returns {Record<string, any>} a map without a prototype */
export const map = (from = {}) => {
  const made = Object.create(null);
  for (const key of Object.keys(from)) made[key] = from[key];
  return made;
};

/** A board before anything happened. @returns {State} */
export function empty() {
  return adopted({
    phase: "",
    kind: "explain",
    open: true,
    locked: false,
    frozen: false,
    names: false,
    budget: 3,
    timer: null,
    look: null,
    speakers: [],
    speaker: null,
    tally: null,
  });
}

/** A state as JSON brought it. @param {Record<string, any>} told @returns {State} */
export function adopted(told) {
  const state = /** @type {State} */ ({ ...told });
  for (const name of MAPS) state[name] = map(told[name]);
  for (const voter of Object.keys(state.votes)) state.votes[voter] = map(state.votes[voter]);
  state.tally = told.tally ? map(told.tally) : null;
  return state;
}

/** A copy that may be changed without touching this one. @param {State} state @returns {State} */
export function fork(state) {
  return adopted(state);
}

/** Change `state` by one effect and return it. @param {State} state @param {Effect} effect @returns {State} */
export function apply(state, effect) {
  if (Object.hasOwn(FOLDS, effect.op)) FOLDS[effect.op](state, effect);
  return state;
}

/** @param {Record<string, any>} all @param {string} id @param {Entry} change */
function put(all, id, change) {
  if (all[id] !== undefined) all[id] = { ...all[id], ...change };
}

/** What a plain object itself holds under a name. @param {Record<string, any> | undefined} all @param {string} id */
const own = (all, id) => (all && Object.hasOwn(all, id) ? all[id] : undefined);

/** @param {number} place */
const order = (place) => String(place + 1).padStart(4, "0");

/** @param {State} state @param {string} note */
function dropVotes(state, note) {
  for (const voter of Object.keys(state.votes)) {
    if (!Object.hasOwn(state.votes[voter], note)) continue;
    const rest = map(state.votes[voter]);
    delete rest[note];
    if (Object.keys(rest).length) state.votes[voter] = rest;
    else delete state.votes[voter];
  }
  if (state.tally && Object.hasOwn(state.tally, note)) {
    state.tally = map(state.tally);
    delete state.tally[note];
  }
}

/** What the comments on a note say to who hears of it: nothing while it is covered. @param {State} state @param {Effect} effect */
function tellComments(state, effect) {
  for (const id of Object.keys(effect.talks ?? {})) put(state.talks, id, { text: effect.talks[id] });
}

/** @param {State} state @param {Effect} effect */
function unveil(state, effect) {
  for (const id of effect.unveil ?? []) {
    const note = state.notes[id];
    if (note !== undefined) put(state.notes, id, { veil: false, lost: "", text: own(effect.texts, id) ?? note.text });
  }
  tellComments(state, effect);
}

/** @param {State} state @param {string} id @param {string} island @param {string} o */
function place(state, id, island, o) {
  const there = state.islands[island];
  if (there !== undefined) put(state.notes, id, { island, o, table: there.table });
}

/** What was taken away or brought back: its words may come with it. @param {State} state @param {Effect} effect @param {Entry} change */
function shown(state, effect, change) {
  const note = state.notes[effect.id];
  if (note !== undefined) put(state.notes, effect.id, { ...change, lost: "", text: effect.text ?? note.text });
}

/** A note and the copies that say the same. @param {State} state @param {Effect} effect @param {string} hid */
function hidden(state, effect, hid) {
  shown(state, effect, { hid });
  for (const id of effect.also ?? []) shown(state, { op: effect.op, id, text: own(effect.texts, id) }, { hid });
  tellComments(state, effect);
}

/** @param {string} name @returns {(state: State, effect: Effect) => void} */
const flag = (name) => (state, effect) => {
  state[name] = effect.on;
};

/** @type {Record<string, (state: State, effect: Effect) => void>} */
const FOLDS = {
  "note.add": (state, e) => {
    const { by, table, q, text, color, x, y, island, o, veil, of } = e;
    state.notes[e.id] = { by, table, q, text, v: 1, color, x, y, island, o, veil, hid: "", gone: false, of, lost: "" };
  },
  "note.text": (state, e) => put(state.notes, e.id, { text: e.text, v: e.v, lost: e.was ?? "" }),
  "note.color": (state, e) => put(state.notes, e.id, { color: e.color }),
  "note.move": (state, e) => put(state.notes, e.id, { x: e.x, y: e.y, island: "", o: "", table: e.table }),
  "note.place": (state, e) => place(state, e.id, e.island, e.o),
  "note.del": (state, e) => {
    if (state.notes[e.id] === undefined) return;
    shown(state, e, { gone: true });
    dropVotes(state, e.id);
    tellComments(state, e);
  },
  "note.back": (state, e) => {
    shown(state, e, { gone: false });
    tellComments(state, e);
  },
  "note.hide": (state, e) => {
    hidden(state, e, e.reason);
    for (const id of [e.id, ...(e.also ?? [])]) dropVotes(state, id);
  },
  "note.show": (state, e) => hidden(state, e, ""),
  "island.add": (state, e) => {
    const { title, table, x, y, o, by } = e;
    state.islands[e.id] = { title, table, x, y, o, by, hid: "", gone: false };
    e.notes.forEach((/** @type {string} */ id, /** @type {number} */ n) => place(state, id, e.id, order(n)));
  },
  "island.title": (state, e) => put(state.islands, e.id, { title: e.title, hid: "" }),
  "island.hide": (state, e) => put(state.islands, e.id, { hid: e.reason, title: e.title ?? state.islands[e.id]?.title }),
  "island.show": (state, e) => put(state.islands, e.id, { hid: "", title: e.title ?? state.islands[e.id]?.title }),
  "island.move": (state, e) => put(state.islands, e.id, { x: e.x, y: e.y }),
  "island.order": (state, e) => put(state.islands, e.id, { o: e.o }),
  "island.del": (state, e) => {
    const island = state.islands[e.id];
    if (island === undefined) return;
    put(state.islands, e.id, { gone: true });
    membersOf(state, e.id).forEach((id, n) => {
      put(state.notes, id, { x: island.x + STEP * n, y: island.y + STEP * n, island: "", o: "" });
    });
    for (const id of Object.keys(state.links)) {
      if ([state.links[id].a, state.links[id].b].includes(e.id)) delete state.links[id];
    }
  },
  "island.back": (state, e) => {
    if (state.islands[e.id] === undefined) return;
    put(state.islands, e.id, { gone: false });
    e.notes.forEach((/** @type {string} */ id, /** @type {number} */ n) => {
      if (state.notes[id] !== undefined && !state.notes[id].island) place(state, id, e.id, order(n));
    });
  },
  "link.add": (state, { id, a, b, word }) => {
    state.links[id] = { a, b, word, hid: "" };
  },
  "link.hide": (state, e) => put(state.links, e.id, { hid: e.reason, word: e.word ?? state.links[e.id]?.word }),
  "link.show": (state, e) => put(state.links, e.id, { hid: "", word: e.word ?? state.links[e.id]?.word }),
  "link.del": (state, e) => {
    delete state.links[e.id];
  },
  "talk.add": (state, { id, note, by, text }) => {
    state.talks[id] = { note, by, text, hid: "" };
  },
  "talk.del": (state, e) => {
    delete state.talks[e.id];
  },
  "talk.hide": (state, e) => put(state.talks, e.id, { hid: e.reason, text: e.text ?? state.talks[e.id]?.text }),
  "talk.show": (state, e) => put(state.talks, e.id, { hid: "", text: e.text ?? state.talks[e.id]?.text }),
  "vote.set": (state, e) => {
    const ballot = map(state.votes[e.by]);
    if (e.k) ballot[e.note] = 1;
    else delete ballot[e.note];
    if (Object.keys(ballot).length) state.votes[e.by] = ballot;
    else delete state.votes[e.by];
  },
  "sum.set": (state, { id, text, v }) => {
    state.sums[id] = { text, v, hid: "" };
  },
  "sum.hide": (state, e) => put(state.sums, e.id, { hid: e.reason, text: e.text ?? state.sums[e.id]?.text }),
  "sum.show": (state, e) => put(state.sums, e.id, { hid: "", text: e.text ?? state.sums[e.id]?.text }),
  "phase.set": (state, e) => {
    Object.assign(state, { phase: e.id, kind: e.kind, timer: e.timer, locked: false });
    if (e.kind === "vote") state.tally = null;
    unveil(state, e);
  },
  "reveal.notes": unveil,
  "reveal.votes": (state, e) => {
    state.tally = map(e.tally);
  },
  "timer.set": (state, e) => {
    state.timer = e.timer;
  },
  "timer.end": (state) => {
    state.timer = { ends: null, left: 0 };
  },
  "lock.set": flag("locked"),
  "freeze.set": flag("frozen"),
  "names.set": (state, e) => {
    state.names = e.on;
    for (const id of Object.keys(e.names ?? {})) put(state.members, id, { name: e.names[id] });
  },
  "look.set": (state, e) => {
    state.look = e.at;
  },
  "member.join": (state, { id, name, role, table }) => {
    state.members[id] = { name, role, table, home: state.members[id]?.home || table };
  },
  "members.seat": (state, e) => {
    for (const id of Object.keys(e.seats)) {
      const { home = "", table = "" } = state.members[id] ?? {};
      const isHere = home === "" || (!e.round && home === table);
      put(state.members, id, { table: e.seats[id], home: isHere ? e.seats[id] : home });
    }
  },
  "member.gone": (state, e) => {
    delete state.members[e.id];
    delete state.votes[e.id];
  },
  "table.add": (state, { id, title, o }) => {
    state.tables[id] = { title, o };
  },
  "table.title": (state, e) => put(state.tables, e.id, { title: e.title }),
  "speakers.set": (state, e) => {
    state.speakers = [...e.order];
    state.speaker = e.now;
  },
  "board.open": (state, e) => {
    state.budget = e.budget;
  },
  "board.close": (state, e) => {
    Object.assign(state, { open: false, kind: "over", timer: null });
    unveil(state, e);
  },
};
