// @ts-check
/** In which order notes and islands are read, and keys for new places in it. Pure. */

/** @typedef {import("./state.js").State} State */

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
