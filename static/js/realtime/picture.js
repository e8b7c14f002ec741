// @ts-check
/**
 * The board's picture as PNG, for slides and mail: no server draws Japanese, the reader's browser
 * does. It shows the server's SVG, from its own address, and keeps what it sees.
 */

const SCALE = 2; // sharp when it is printed, or enlarged on a screen
const SIDE = 8_192; // px: beyond it phones hand back an empty canvas
const AREA = 16_777_216; // px: as much as Safari on iOS draws on at all

/**
 * How many times its own size a picture is drawn, so that every browser can.
 * @param {number} w @param {number} h @returns {number}
 */
export const scaleFor = (w, h) => Math.min(SCALE, SIDE / w, SIDE / h, Math.sqrt(AREA / (w * h)));

/** @param {string} address @returns {Promise<HTMLCanvasElement>} */
async function drawn(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  const { naturalWidth: w, naturalHeight: h } = image;
  const scale = scaleFor(w, h);
  const canvas = document.createElement("canvas");
  canvas.width = Math.floor(w * scale);
  canvas.height = Math.floor(h * scale);
  const pen = canvas.getContext("2d");
  if (!pen || !canvas.width || !canvas.height) throw new Error("nothing to draw on");
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** @param {HTMLCanvasElement} canvas @returns {Promise<Blob>} */
const asPng = (canvas) =>
  new Promise((keep, refuse) => canvas.toBlob((blob) => (blob ? keep(blob) : refuse(new Error("no picture"))), "image/png"));

/** @param {Blob} blob @param {string} name */
function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // Safari fetches it only after a while
}

/** @param {HTMLButtonElement} button @param {HTMLElement} said */
async function take(button, said) {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  said.textContent = button.dataset.busy ?? "";
  try {
    const canvas = await drawn(button.dataset.picture ?? "");
    save(await asPng(canvas), button.dataset.name ?? "board.png");
    const size = `${canvas.width.toLocaleString("en")}×${canvas.height.toLocaleString("en")}`;
    said.textContent = (button.dataset.done ?? "").replace("{size}", size);
  } catch {
    said.textContent = button.dataset.failed ?? "";
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

if (typeof document !== "undefined") {
  const button = document.querySelector("[data-picture]");
  const said = document.querySelector("[data-picture-said]");
  if (button instanceof HTMLButtonElement && said instanceof HTMLElement) {
    button.hidden = false;
    button.addEventListener("click", () => take(button, said));
  }
}
