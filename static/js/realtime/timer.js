// @ts-check
/** What is left of a phase: the server says when it ends, its clock counts. */

/** @param {{ends: number | null, left: number | null} | null} timer @param {number} now @returns {number | null} ms */
export function left(timer, now) {
  if (!timer) return null;
  return timer.ends === null ? (timer.left ?? 0) : Math.max(0, timer.ends - now);
}

/** @param {number} ms */
export function clock(ms) {
  const seconds = Math.ceil(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/**
 * Keep every `[data-timer]` of the page at what is left. A minute before the end and at the end
 * it is said once.
 * @param {() => {timer: any, now: number, whole: number}} read `whole` is what the phase began with, in ms
 * @param {(name: string, values?: Record<string, string | number>) => string} t
 * @param {(words: string) => void} say
 */
export function runs(read, t, say) {
  let before = /** @type {number | null} */ (null);
  const show = () => {
    const { timer, now, whole } = read();
    const ms = left(timer, now);
    for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-timer]"))) {
      place.hidden = ms === null;
      if (ms === null) continue;
      const said = clock(ms);
      const number = /** @type {HTMLElement} */ (place.querySelector("[data-clock]"));
      if (number.textContent !== said) number.textContent = said;
      const seconds = Math.ceil(ms / 1000);
      const words = t(timer.ends === null && ms > 0 ? "timer_stopped" : "timer_left", { m: Math.floor(seconds / 60), s: seconds % 60 });
      if (place.getAttribute("aria-label") !== words) place.setAttribute("aria-label", words);
      place.classList.toggle("is-over", ms === 0);
      place.classList.toggle("is-stopped", timer.ends === null && ms > 0);
      const ring = place.querySelector(".timer__left");
      if (ring) /** @type {SVGElement} */ (ring).style.setProperty("stroke-dasharray", `${whole ? Math.min(100, (ms / whole) * 100) : 100} 100`);
    }
    if (ms !== null && before !== null && timer.ends !== null) {
      if (before > 60_000 && ms <= 60_000 && ms > 50_000) say(t("timer_minute"));
    }
    if (ms === 0 && before !== null && before > 0) say(t("timer_over"));
    before = ms;
  };
  show();
  setInterval(show, 250);
}
