// @ts-check
/** One's own last steps: what takes each back, and what does it again. */

/** @typedef {import("./state.js").Effect} Effect */

const MOST = 50;

export class Steps {
  constructor() {
    /** @type {Effect[][]} */
    this.undos = [];
    /** @type {Effect[][]} */
    this.redos = [];
  }

  /** @param {Effect[]} back what takes back what was just done; nothing for what cannot be taken back */
  did(back) {
    if (!back.length) return;
    this.undos.push(back);
    this.undos.splice(0, this.undos.length - MOST);
    this.redos = [];
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
    return true;
  }
}
