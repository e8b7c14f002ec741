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

export const STEP = 24; // units between notes that an island lets go of
const MAPS = ["tables", "members", "notes", "islands", "links", "talks", "votes", "sums"];

/** @param {Record<string, any>} [from] @returns {Record<string, any>} a map without a prototype */
const map = (from = {}) => {
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

/** The notes on an island in their order. @param {State} state @param {string} island @returns {string[]} */
export function membersOf(state, island) {
  return Object.keys(state.notes)
    .filter((id) => state.notes[id].island === island)
    .sort((a, b) => byOrder(state.notes[a].o, a, state.notes[b].o, b));
}

/** @param {string} o1 @param {string} id1 @param {string} o2 @param {string} id2 */
export function byOrder(o1, id1, o2, id2) {
  if (o1 !== o2) return o1 < o2 ? -1 : 1;
  return id1 < id2 ? -1 : id1 > id2 ? 1 : 0;
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

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/**
 * A key that sorts after `low` and before `high` ("" is no bound), as `ops.between` makes it.
 * @param {string} low
 * @param {string} high
 */
export function between(low, high) {
  let key = "";
  for (let place = 0; ; place += 1) {
    const a = place < low.length ? DIGITS.indexOf(low[place]) : 0;
    const b = place < high.length ? DIGITS.indexOf(high[place]) : DIGITS.length;
    if (b - a > 1) return key + DIGITS[Math.floor((a + b) / 2)];
    key += DIGITS[a];
    if (b - a === 1) high = ""; // below the next letter everything is free
  }
}

/** A key behind every note of an island. @param {State} state @param {string} island */
export function afterLast(state, island) {
  const notes = membersOf(state, island);
  return between(notes.length ? state.notes[notes[notes.length - 1]].o : "", "");
}

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
