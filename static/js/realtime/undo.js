// @ts-check
/**
 * One's own last steps: what takes each back, and what does it again. They survive a reload of the
 * page, not the end of its tab.
 */

/** @typedef {import("./state.js").Effect} Effect */

const MOST = 50;
const KEEP = "tomoni-board-steps:";

export class Steps {
  /** @param {string} board @param {string} me @param {Storage | null} session */
  constructor(board, me, session) {
    this.key = `${KEEP}${board}:${me}`;
    this.session = session;
    /** @type {Effect[][]} */
    this.undos = [];
    /** @type {Effect[][]} */
    this.redos = [];
    try {
      const kept = JSON.parse(session?.getItem(this.key) ?? "{}");
      this.undos = kept.undos ?? [];
      this.redos = kept.redos ?? [];
    } catch {
      session?.removeItem(this.key);
    }
  }

  /** @param {Effect[]} back what takes back what was just done; nothing for what cannot be taken back */
  did(back) {
    if (!back.length) return;
    this.undos.push(back);
    this.undos.splice(0, this.undos.length - MOST);
    this.redos = [];
    this.#keep();
  }

  /** @param {(asked: Effect[]) => Effect[]} act does something and says what takes it back @returns {boolean} whether there was a step */
  undo(act) {
    return this.#step(this.undos, this.redos, act);
  }

  /** @param {(asked: Effect[]) => Effect[]} act @returns {boolean} */
  redo(act) {
    return this.#step(this.redos, this.undos, act);
  }

  /** @param {Effect[][]} from @param {Effect[][]} to @param {(asked: Effect[]) => Effect[]} act */
  #step(from, to, act) {
    const asked = from.pop();
    if (!asked) return false;
    to.push(act(asked));
    this.#keep();
    return true;
  }

  #keep() {
    try {
      this.session?.setItem(this.key, JSON.stringify({ undos: this.undos, redos: this.redos }));
    } catch {
      // the browser's store is full: this page itself still knows
    }
  }
}
