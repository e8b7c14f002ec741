// @ts-check
/**
 * Choosing what one thinks of a post without leaving one's place. Without this script the same
 * buttons send their form and the page comes back at the post.
 */

/**
 * What each button of a group says once `chosen` is one's choice ("" is none): a pressed button
 * takes the choice back, any other makes it its own.
 * @param {string[]} choices
 * @param {string} chosen
 * @returns {{pressed: boolean, value: string}[]}
 */
export function buttonsFor(choices, chosen) {
  return choices.map((choice) => ({ pressed: choice === chosen, value: choice === chosen ? "" : choice }));
}

/** @param {HTMLFormElement} form @param {string} chosen */
function draw(form, chosen) {
  const buttons = /** @type {HTMLButtonElement[]} */ ([...form.querySelectorAll("button[data-choice]")]);
  const states = buttonsFor(buttons.map((button) => button.dataset.choice ?? ""), chosen);
  buttons.forEach((button, place) => {
    button.setAttribute("aria-pressed", String(states[place].pressed));
    button.value = states[place].value;
  });
}

/** @param {HTMLFormElement} form @param {string} text */
function note(form, text) {
  const line = /** @type {HTMLElement | null} */ (form.querySelector("[data-note]"));
  if (!line) return;
  line.textContent = text;
  line.hidden = text === "";
  line.classList.toggle("stance__note--error", text !== "");
}

/** @param {HTMLFormElement} form @param {HTMLButtonElement} button @param {HTMLElement} status */
async function send(form, button, status) {
  const body = new FormData(form, button);
  form.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    const said = await answer.json();
    if (answer.ok) draw(form, said.choice);
    note(form, answer.ok ? "" : said.error);
    status.textContent = answer.ok ? said.said : said.error;
  } catch {
    note(form, form.dataset.failed ?? "");
    status.textContent = form.dataset.failed ?? "";
  } finally {
    form.removeAttribute("aria-busy");
  }
}

function start() {
  const status = document.createElement("p"); // one for the page: fifty would all be read out
  status.className = "only-read";
  status.setAttribute("role", "status");
  document.querySelector("main")?.append(status);
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    if (!(form instanceof HTMLFormElement) || !form.matches("[data-stance]")) return;
    if (!(button instanceof HTMLButtonElement)) return;
    event.preventDefault();
    if (form.getAttribute("aria-busy") !== "true") void send(form, button, status);
  });
}

if (typeof document !== "undefined") start();
