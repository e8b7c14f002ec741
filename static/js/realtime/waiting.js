// @ts-check
/**
 * What one did and the server has not answered yet. It lies in the browser's store, survives a
 * reload, and is sent again in order; `c` and `n` name each, so that it arrives once.
 *
 * @typedef {import("./state.js").Effect} Effect
 * @typedef {{c: string, n: number, op: Effect, at: number, isSent: boolean}} Waits
 */

const KEEP = "tomoni-board:";
const CHUNK = 40_000; // characters in one message: the server reads up to 64 kB
const MOST = 100; // operations in one message

/** A name nobody else has. @returns {string} */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}

export class Waiting {
  /** @param {string} board @param {string} me @param {Storage | null} storage */
  constructor(board, me, storage) {
    this.begin = `${KEEP}${board}:${me}:`;
    this.storage = storage;
    this.cid = newId();
    this.n = 0;
    /** @type {Waits[]} */
    this.all = [];
    this.#remember();
  }

  /** @param {Effect} op @returns {Waits} */
  add(op) {
    const one = { c: this.cid, n: (this.n += 1), op, at: Date.now(), isSent: false };
    this.all.push(one);
    try {
      this.storage?.setItem(this.key(one), JSON.stringify({ at: one.at, op }));
    } catch {
      // the browser's store is full: the page itself still holds it
    }
    return one;
  }

  /** @param {string} c @param {number} n @returns {Waits | undefined} what it was */
  drop(c, n) {
    const place = this.all.findIndex((one) => one.n === n && one.c === c);
    if (place < 0) return undefined;
    const [one] = this.all.splice(place, 1);
    this.storage?.removeItem(this.key(one));
    return one;
  }

  /** @param {string} key */
  forget(key) {
    const one = this.all.find((waits) => this.key(waits) === key);
    if (one) this.drop(one.c, one.n);
  }

  /** @param {{c: string, n: number}} one */
  key({ c, n }) {
    return `${this.begin}${c}:${n}`;
  }

  /** What earlier pages of this browser did not get through. */
  #remember() {
    if (!this.storage) return;
    for (let place = 0; place < this.storage.length; place += 1) {
      const key = this.storage.key(place) ?? "";
      const [c, n] = key.startsWith(this.begin) ? key.slice(this.begin.length).split(":") : [];
      if (!c || !n) continue;
      try {
        const { at, op } = JSON.parse(this.storage.getItem(key) ?? "");
        this.all.push({ c, n: Number(n), op, at, isSent: false });
      } catch {
        this.storage.removeItem(key);
      }
    }
    this.all.sort((a, b) => (a.c === b.c ? a.n - b.n : a.at - b.at));
  }
}

/** What waits as messages: of one sender each, in order, of a size the server reads. @param {Waits[]} waiting @returns {Waits[][]} */
export function parts(waiting) {
  /** @type {Waits[][]} */
  const found = [];
  let size = 0;
  for (const one of waiting) {
    const last = found[found.length - 1];
    const length = JSON.stringify(one.op).length * 3; // a Japanese letter is three bytes
    if (last && last[0].c === one.c && last.length < MOST && size + length < CHUNK) {
      last.push(one);
      size += length;
    } else {
      found.push([one]);
      size = length;
    }
  }
  return found;
}
