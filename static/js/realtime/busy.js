// @ts-check
/** What somebody is just doing, told now and then: it is in no log. */

const BUSY_MS = 1_000;

/** Say now and then that one is writing, so that nobody is hurried on. @param {any} socket */
export function writes(socket) {
  let at = 0;
  const tell = (/** @type {boolean} */ writing) => {
    if (!socket.connected || (writing && Date.now() - at < BUSY_MS)) return;
    at = writing ? Date.now() : 0;
    socket.emit("board.busy", { writing });
  };
  document.addEventListener("input", (event) => {
    const box = event.target;
    if (box instanceof HTMLTextAreaElement) tell(box.value !== "");
  });
  document.addEventListener("submit", () => at && tell(false));
}
