// @ts-check
/** Says on the button how many opinions the marked cuts make; it works without this. */

const form = document.querySelector("[data-parts-form]");
const go = form?.querySelector("[data-go]");

if (form && go instanceof HTMLButtonElement) {
  const plain = go.textContent;
  const count = () => {
    const cuts = form.querySelectorAll('input[name="cuts"]:checked').length;
    const words = go.dataset.words ?? "{n}";
    go.textContent = cuts ? words.replace("{n}", String(cuts + 1)) : plain;
  };
  form.addEventListener("change", count);
  count();
}
