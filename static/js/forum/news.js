// @ts-check
/**
 * What an open topic knows of its own news: pure functions (state, event) → state, no page needed.
 *
 * @typedef {{id: string, where: string}} Piece a new post: its id, and where to go to read it
 * @typedef {{last: number, ahead: number[], at: string, waiting: Piece[]}} State
 * All posts up to number `last` were seen, and those `ahead` of it; `at` is when the page was last
 * known to be whole; `waiting` are the new posts that were announced and not yet read.
 */

/** @param {number} last @param {string} at @returns {State} */
export function began(last, at) {
  return { last, ahead: [], at, waiting: [] };
}

/** Posts may arrive out of order: `last` waits for the gap to close. @param {State} state @param {number} number @param {Piece | null} piece null for one's own @returns {State} */
export function arrived(state, number, piece) {
  let ahead = [...state.ahead, number];
  let last = state.last;
  while (ahead.includes(last + 1)) last += 1;
  ahead = ahead.filter((one) => one > last);
  return { ...state, last, ahead, waiting: piece ? [...state.waiting, piece] : state.waiting };
}

/** @param {State} state @param {number} number */
export function wasSeen(state, number) {
  return number <= state.last || state.ahead.includes(number);
}

/** @param {State} state @returns {State} */
export function wasRead(state) {
  return { ...state, waiting: [] };
}

/** A post nobody can read any more is no news. @param {State} state @param {string} id @returns {State} */
export function wasHidden(state, id) {
  return { ...state, waiting: state.waiting.filter((piece) => piece.id !== id) };
}

/**
 * Which of the posts shown the new one stands before: the first that is read after it.
 * @param {string[]} paths in the order shown
 * @param {string} path
 * @returns {number} an index, `paths.length` for the end
 */
export function placeOf(paths, path) {
  const found = paths.findIndex((other) => other > path);
  return found < 0 ? paths.length : found;
}

/** Whether a path belongs on a page that shows `from` … `to` ("" is open). @param {string} path @param {string} from @param {string} to */
export function isOnPage(path, from, to) {
  return (from === "" || path >= from) && (to === "" || path <= to);
}
