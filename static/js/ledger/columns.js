// @ts-check
/** Columns that were changed are looked at again before a file is read in with others. The server reads only what was seen. */

const columns = document.querySelector("form[data-columns]");
const run = document.querySelector("form[data-run]");
const note = document.querySelector("[data-changed]");
const go = run?.querySelector("[type=submit]");

if (columns && run && note instanceof HTMLElement && go instanceof HTMLButtonElement) {
  const seen = (/** @type {string} */ name) => /** @type {HTMLInputElement | null} */ (run.querySelector(`input[name="${name}"]`))?.value ?? "";
  const compare = () => {
    const lists = /** @type {HTMLSelectElement[]} */ ([...columns.querySelectorAll("select")]);
    const isChanged = lists.some((list) => list.value !== seen(list.name));
    go.disabled = isChanged;
    note.hidden = !isChanged;
  };
  columns.addEventListener("change", compare);
  addEventListener("pageshow", compare); // a browser going back brings its own choice along
  compare();
}
