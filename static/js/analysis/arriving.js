// @ts-check
// Where a person goes on after an act: at the row that is now where the last one was, at the first
// theme that was found, or at the name above.
// Without, every act leads to the top of the page, with the whole list of themes before the opinions.

const ROW = "desk-row";

/**
 * The row to go on at, of `count` rows; null when the last act was none on this list.
 * @param {string | null} kept what was kept when the act was sent
 * @param {string} here
 * @param {number} count
 */
export function resumed(kept, here, count) {
  const [place, at] = (kept ?? "").split("#");
  return place === here && count ? Math.min(Number(at), count - 1) : null;
}

/** The list a person is in: its page and what is chosen in it. */
const here = () => location.pathname + location.search;

/** Keep which row an act is done on, until the list is drawn again. */
function keep() {
  const rows = [...document.querySelectorAll("[data-op]")];
  const at = rows.findIndex((row) => row.querySelector(".op__pick input:checked") || row.contains(document.activeElement));
  try {
    if (at < 0) sessionStorage.removeItem(ROW);
    else sessionStorage.setItem(ROW, `${here()}#${at}`);
  } catch {
    // no store: one goes on at the name
  }
}

function take() {
  try {
    const kept = sessionStorage.getItem(ROW);
    sessionStorage.removeItem(ROW);
    return kept;
  } catch {
    return null;
  }
}

/** The page of the desk, or of splitting a letter, that this one was reached from. */
function before() {
  const from = document.referrer ? new URL(document.referrer) : null;
  return from?.origin === location.origin && /\/(themes|parts)(\/|$)/.test(from.pathname) ? from : null;
}

/** The first theme that was found, when themes have just been looked for. @param {URL} from */
function found(from) {
  const name = new URLSearchParams(location.search).get("name");
  return name && from.searchParams.get("name") !== name ? document.querySelector(".col--themes a.tlist__item") : null;
}

export function arriving() {
  document.addEventListener("submit", keep);
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-parts]")) keep();
  });
  const said = document.querySelector(".flashes");
  const kept = said ? take() : null;
  const from = before();
  if (!from || location.hash || document.getElementById("error-summary")) return;
  const rows = [...document.querySelectorAll("[data-op]")];
  const answered = said ? rows.findIndex((row) => row.classList.contains("is-cur")) : -1;
  const at = answered < 0 ? resumed(kept, here(), rows.length) : answered;
  const name = document.getElementById("c2");
  const goal = at === null ? found(from) ?? name : rows[at].querySelector(".op__pick input");
  if (!(goal instanceof HTMLElement)) return;
  if (goal === name) goal.tabIndex = -1;
  if (said) goal.setAttribute("aria-describedby", said.id);
  goal.focus({ preventScroll: true });
  if (at !== null) rows[at].scrollIntoView({ block: "nearest" });
}
