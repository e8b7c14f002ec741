// @ts-check
// Long work: asks how far it is and moves the bar; when it ends, goes where the page says.

const PAUSE = 1000;
const PAUSE_WHEN_AWAY = 5000;

/** @typedef {{state: string, state_name: string, step: string, error: string, done: number, total: number, is_over: boolean}} Said */

/**
 * What the bar has to become after an answer.
 * @param {Said} said
 */
export function view(said) {
  return {
    words: said.step,
    value: said.total > 0 ? said.done : null,
    max: said.total > 0 ? said.total : 1,
    goes: said.state === "done",
    stops: said.is_over,
    error: said.error,
  };
}

/** @param {HTMLElement} bar */
function watch(bar) {
  const url = bar.dataset.job;
  const state = bar.dataset.state;
  if (!url || state === "done" || state === "failed" || state === "cancelled") return;
  bar.querySelector("[data-job-look]")?.remove();
  const ask = async () => {
    let wait = document.hidden ? PAUSE_WHEN_AWAY : PAUSE;
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" } });
      if (answer.ok) {
        const next = view(await answer.json());
        draw(bar, next);
        if (next.stops) return finish(bar, next);
      } else if (answer.status === 404 || answer.status === 403) {
        return;
      }
    } catch {
      wait = PAUSE_WHEN_AWAY; // away from the network: try again later
    }
    setTimeout(ask, wait);
  };
  setTimeout(ask, PAUSE / 2);
}

/**
 * @param {HTMLElement} bar
 * @param {ReturnType<typeof view>} next
 */
function draw(bar, next) {
  const words = bar.querySelector("[data-job-step]");
  if (words && words.textContent !== next.words) words.textContent = next.words;
  const progress = bar.querySelector("progress");
  if (!progress) return;
  progress.max = next.max;
  if (next.value === null) progress.removeAttribute("value");
  else progress.value = next.value;
}

/**
 * @param {HTMLElement} bar
 * @param {ReturnType<typeof view>} next
 */
function finish(bar, next) {
  bar.querySelector("[data-job-cancel]")?.remove();
  const progress = bar.querySelector("progress");
  if (next.goes && progress) progress.value = progress.max;
  else progress?.remove();
  const note = bar.querySelector(".sub");
  if (note) note.textContent = next.error;
  if (next.goes && bar.dataset.doneUrl) location.assign(bar.dataset.doneUrl);
}

if (typeof document !== "undefined") {
  for (const bar of document.querySelectorAll("[data-job]")) watch(/** @type {HTMLElement} */ (bar));
}
