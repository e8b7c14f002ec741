// @ts-check
/** What somebody is just doing, told now and then (`realtime/attendance.py`): it is in no log. */

const BUSY_MS = 1_000;
const FEW = 50; // people up to whom it is said who is moving what

export class Busy {
  /** @param {any} socket @param {() => void} changed others move something else */
  constructor(socket, changed) {
    this.socket = socket;
    /** @type {Map<string, string>} what is being moved, and by whom */
    this.moving = new Map();
    this.holding = 0;
    socket.on("board.moving", (/** @type {any} */ told) => {
      this.moving = new Map(Object.entries(told.by ?? {}));
      changed();
    });
    socket.on("disconnect", () => this.moving.clear());
    this.#writes();
  }

  /** One begins to drag something. @param {string} id @param {number} people */
  hold(id, people) {
    this.drop();
    if (people > FEW) return;
    const tell = () => this.socket.connected && this.socket.emit("board.busy", { moving: id });
    tell();
    this.holding = setInterval(tell, BUSY_MS);
  }

  /** One has let go. */
  drop() {
    if (!this.holding) return;
    clearInterval(this.holding);
    this.holding = 0;
    if (this.socket.connected) this.socket.emit("board.busy", { moving: "" });
  }

  /** Say now and then that one is writing, so that nobody is hurried on. */
  #writes() {
    let at = 0;
    const tell = (/** @type {boolean} */ writing) => {
      if (!this.socket.connected || (writing && Date.now() - at < BUSY_MS)) return;
      at = writing ? Date.now() : 0;
      this.socket.emit("board.busy", { writing });
    };
    document.addEventListener("input", (event) => {
      const box = event.target;
      if (box instanceof HTMLTextAreaElement) tell(box.value !== "");
    });
    document.addEventListener("submit", () => at && tell(false));
  }
}
