// @ts-check
/**
 * The board's line to the server. What is shown is what the server confirmed, with one's own
 * operations that still wait on top (`waiting.js`).
 *
 * Sockets first; where there is none, forms' way: POST, then read the board now and then.
 */

import { foreseen, inverse } from "./foresight.js";
import { adopted, apply, empty, fork } from "./state.js";
import { Steps } from "./undo.js";
import { Waiting, parts } from "./waiting.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("./state.js").Effect} Effect
 * @typedef {{board: string, me: string, state: string, ops: string, token: string}} Place addresses and names
 * @typedef {"joining" | "live" | "asking" | "off" | "out"} Line
 * @typedef {{from: number, to: number, at: number, ops: (Effect & {s: number, c: string, n: number, m: string})[]}} Frame
 * @typedef {{
 *   changed: () => void,
 *   heard: (effects: (Effect & {c: string, m: string})[]) => void,
 *   refused: (asked: Effect, said: string, code: string) => void,
 *   line: (line: Line) => void,
 * }} Ears
 */

const ANSWER_MS = 6_000; // a line that answers nothing so long is dead
const ASK_MS = 4_000; // between readings of the board while there is no socket
const SOCKET_MS = 5_000; // what a socket may take before the forms' way is tried
const BUSY_MS = 1_500;

export class Store {
  /**
   * @param {Place} place
   * @param {Ears} ears
   * @param {{socket: any, storage: Storage | null, session?: Storage | null}} tools `socket` is a socket.io client that does not connect by itself
   */
  constructor(place, ears, { socket, storage, session = null }) {
    this.place = place;
    this.ears = ears;
    this.socket = socket;
    this.queue = new Waiting(place.board, place.me, storage);
    this.steps = new Steps(place.board, place.me, session);
    this.seq = -1;
    this.confirmed = empty();
    /** @type {State | null} */
    this.shown = null;
    this.offset = 0; // the server's clock less ours, in ms
    /** @type {Line} */
    this.line = "joining";
    this.isJoined = false;
    this.isJoining = false;
    /** @type {Frame[]} */
    this.held = [];
    /** @type {{key: string, seq: number}[]} */
    this.settling = [];
    this.etag = "";
    this.isAsking = false;
  }

  /** Begin: read the board, then listen. @returns {Promise<void>} */
  async start() {
    const { socket } = this;
    socket.on("connect", () => void this.#join());
    socket.on("disconnect", () => this.#lost());
    socket.on("connect_error", () => undefined);
    socket.on("ops", (/** @type {Frame} */ frame) => this.#frame(frame));
    socket.on("no", (/** @type {any} */ no) => this.#no(no));
    socket.on("again", (/** @type {any} */ said) => this.#settle(said.c, said.n, said.seq));
    addEventListener("offline", () => {
      socket.disconnect();
      this.#say("off");
    });
    addEventListener("online", () => this.#reconnect());
    addEventListener("pageshow", (event) => event.persisted && this.#reconnect());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && !socket.connected) this.#reconnect();
    });
    await this.#read().catch(() => undefined);
    if (this.line !== "out") socket.connect();
    setTimeout(() => this.#ask(), this.seq < 0 ? 1_000 : SOCKET_MS);
  }

  /** The board as this person sees it. @returns {State} */
  view() {
    if (!this.waiting.length) return this.confirmed;
    if (!this.shown) {
      this.shown = fork(this.confirmed);
      for (const { op } of this.waiting) {
        const effect = foreseen(this.shown, this.place.me, op);
        if (effect) apply(this.shown, effect);
      }
    }
    return this.shown;
  }

  /** The server's time now, in ms. @returns {number} */
  now() {
    return Date.now() + this.offset;
  }

  /** What the server has not answered yet. */
  get waiting() {
    return this.queue.all;
  }

  /** Ask for operations; together they are one step to undo. @param {...Effect} asked */
  act(...asked) {
    this.steps.did(this.#do(asked));
  }

  /** Take back one's last step. @returns {boolean} whether there was one */
  undo() {
    return this.steps.undo((asked) => this.#do(asked));
  }

  /** @returns {boolean} */
  redo() {
    return this.steps.redo((asked) => this.#do(asked));
  }

  /** Whether something still waits for the server. @param {string} id a note's or an island's */
  isWaiting(id) {
    return this.waiting.some(({ op }) => op.id === id || op.note === id);
  }

  /** @param {Effect[]} asked @returns {Effect[]} what takes it back */
  #do(asked) {
    /** @type {Effect[]} */
    let back = [];
    for (const op of asked) {
      const view = this.view();
      const effect = foreseen(view, this.place.me, op) ?? (op.op === "members.shuffle" ? op : null);
      if (effect) back = [...inverse(view, effect), ...back];
      this.queue.add(op);
      this.shown = null;
    }
    this.ears.changed();
    this.#flush();
    return back;
  }

  // -- sockets --------------------------------------------------------------------------------

  async #join() {
    this.isJoining = true;
    this.held = [];
    const said = { board: this.place.board, seq: this.seq };
    this.socket.timeout(ANSWER_MS).emit("board.join", said, async (/** @type {unknown} */ late, /** @type {any} */ answer) => {
      if (late) return this.#reconnect();
      if (answer?.error !== undefined) return answer.status === 403 ? this.#out() : this.#reconnect();
      this.#clock(answer.at, true);
      if (answer.resync) this.etag = ""; // one may be somebody else at the board by now
      if (answer.resync) await this.#read().catch(() => this.#reconnect());
      else this.#fold(answer.ops);
      this.isJoining = false;
      this.isJoined = this.socket.connected;
      for (const frame of this.held.splice(0)) this.#frame(frame);
      for (const one of this.waiting) one.isSent = false;
      this.#say(this.isJoined ? "live" : "off");
      this.#flush();
    });
  }

  #lost() {
    this.isJoined = false;
    this.isJoining = false;
    setTimeout(() => this.isJoined || this.#say("off"), 1_000);
    setTimeout(() => this.#ask(), SOCKET_MS);
  }

  #reconnect() {
    if (this.line === "out") return;
    this.socket.disconnect();
    this.socket.connect();
  }

  #out() {
    this.#say("out");
    this.socket.disconnect();
  }

  /** @param {Line} line */
  #say(line) {
    if (this.line === line || this.line === "out") return;
    this.line = line;
    this.ears.line(line);
  }

  /** @param {number} at @param {boolean} [isNew] */
  #clock(at, isNew = false) {
    const seen = at - Date.now(); // the way here only makes it smaller
    this.offset = isNew || this.seq < 0 ? seen : Math.max(this.offset, seen);
  }

  /** @param {Frame} frame */
  #frame(frame) {
    if (this.isJoining) return void this.held.push(frame);
    if (!this.isJoined || frame.to <= this.seq) return;
    if (frame.from > this.seq) return void this.#join(); // something was lost on the way
    this.#clock(frame.at);
    this.#fold(frame.ops);
  }

  /** @param {Frame["ops"]} told */
  #fold(told) {
    const fresh = told.filter(({ s }) => s > this.seq);
    for (const effect of fresh) {
      apply(this.confirmed, effect);
      this.seq = effect.s;
      this.queue.drop(effect.c, effect.n);
    }
    this.#settled();
    if (fresh.length) this.ears.heard(fresh);
    this.ears.changed();
  }

  /** Done, or done before: the number up to which one must read to see it. @param {string} c @param {number} n @param {number} seq */
  #settle(c, n, seq) {
    if (seq <= this.seq) this.queue.drop(c, n);
    else this.settling.push({ key: this.queue.key({ c, n }), seq });
    this.shown = null;
    this.ears.changed();
  }

  /** What was to be seen from a number on, is seen now. */
  #settled() {
    for (const { key } of this.settling.filter(({ seq }) => seq <= this.seq)) this.queue.forget(key);
    this.settling = this.settling.filter(({ seq }) => seq > this.seq);
    this.shown = null;
  }

  /** @param {{c: string, n: number, code: string, said: string}} no */
  #no({ c, n, code, said }) {
    const one = this.queue.drop(c, n);
    if (!one) return;
    this.shown = null;
    if (code === "busy") {
      const again = this.queue.add(one.op); // under a new number: the old one may be behind by now
      again.isSent = true;
      setTimeout(() => this.#again(again.n), BUSY_MS * (1 + Math.random()));
    } else if (code !== "exists") {
      this.ears.refused(one.op, said, code);
    }
    this.ears.changed();
  }

  /** @param {number} n */
  #again(n) {
    for (const one of this.waiting) if (one.c === this.queue.cid && one.n >= n) one.isSent = false;
    this.#flush();
  }

  #flush() {
    if (!this.isJoined) return;
    for (const part of parts(this.waiting.filter((one) => !one.isSent))) {
      for (const one of part) one.isSent = true;
      const said = { c: part[0].c, ops: part.map(({ n, op }) => ({ ...op, n })) };
      this.socket.timeout(ANSWER_MS).emit("board.op", said, (/** @type {unknown} */ late, /** @type {any} */ answer) => {
        if (late || answer?.error !== undefined) this.#reconnect();
      });
    }
  }

  // -- without a socket -----------------------------------------------------------------------

  async #ask() {
    if (this.isAsking) return;
    this.isAsking = true;
    while (!this.isJoined && this.line !== "out") {
      try {
        await this.#post();
        await this.#read();
        if (!this.isJoined && !this.isJoining) this.#say("asking");
      } catch {
        if (!this.isJoined) this.#say("off");
      }
      await new Promise((done) => setTimeout(done, ASK_MS * (0.75 + Math.random() / 2)));
    }
    this.isAsking = false;
  }

  async #post() {
    for (const part of parts(this.waiting)) {
      const answer = await fetch(this.place.ops, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": this.place.token },
        body: JSON.stringify({ c: part[0].c, ops: part.map(({ n, op }) => ({ ...op, n })) }),
      });
      if (answer.status === 403) return this.#out();
      if (!answer.ok) throw new Error(String(answer.status));
      for (const one of (await answer.json()).answers) {
        if (one.code) this.#no({ c: part[0].c, ...one });
        else this.#settle(part[0].c, one.n, one.seq ?? 0);
      }
    }
  }

  async #read() {
    const headers = { Accept: "application/json", ...(this.etag ? { "If-None-Match": this.etag } : {}) };
    const answer = await fetch(this.place.state, { headers, cache: "no-store" });
    if (answer.status === 304) return;
    if (answer.status === 403) return this.#out();
    if (!answer.ok) throw new Error(String(answer.status));
    this.etag = answer.headers.get("ETag") ?? "";
    const told = await answer.json();
    if (told.seq < this.seq) return;
    this.#clock(told.at);
    this.confirmed = adopted(told.state);
    this.seq = told.seq;
    this.#settled();
    this.ears.changed();
  }
}
