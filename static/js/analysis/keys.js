// @ts-check
// Keys of the themes desk. They can be switched off (WCAG 2.1.4); every one has a button or a link.

const OFF = "desk-keys-off";

/**
 * Which act a key asks for; null while somebody is writing or holds another key.
 * @param {string} key
 * @param {boolean} isWriting
 */
export function act(key, isWriting) {
  if (isWriting) return null;
  if (/^[1-8]$/.test(key)) return { kind: "disposition", number: Number(key) };
  switch (key.toLowerCase()) {
    case "m": return { kind: "send" };
    case "n": return { kind: "focus", id: "filing-title" };
    case "l": return { kind: "lone" };
    case "j": return { kind: "row", by: 1 };
    case "k": return { kind: "row", by: -1 };
    case "p": return { kind: "open", name: "parts" };
    case "a": return { kind: "open", name: "alone" };
    case "u": return { kind: "follow", name: "next" };
    case "[": return { kind: "theme", by: -1 };
    case "]": return { kind: "theme", by: 1 };
    case "r": return { kind: "tool", id: "theme-title" };
    case "g": return { kind: "tool", id: "theme-into" };
    case "z": return { kind: "click", name: "undo" };
    case "y": return { kind: "click", name: "redo" };
    case "e": return { kind: "write" };
    case "t": return { kind: "focus", id: "theme-find" };
    case "/": return { kind: "focus", id: "find" };
    case "?": return { kind: "help" };
    default: return null;
  }
}

/** @param {EventTarget | null} target */
function isWriting(target) {
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement
    || (target instanceof HTMLElement && target.closest("dialog") !== null)
    || (target instanceof HTMLInputElement && !["radio", "checkbox", "submit", "button", "range"].includes(target.type));
}

/** @param {number} number */
function dispose(number) {
  const radio = document.querySelectorAll('form#answer input[name="disposition"]')[number - 1];
  if (!(radio instanceof HTMLInputElement)) return false;
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
  radio.dispatchEvent(new Event("input", { bubbles: true }));
  radio.scrollIntoView({ block: "nearest" });
  return true;
}

/** On to the next page of the list, when there is one. @param {string} rel */
function turn(rel) {
  const link = document.querySelector(`.ops__pages [rel=${rel}]`);
  if (!(link instanceof HTMLElement)) return false;
  link.click();
  return true;
}

/** @param {number} by */
function step(by) {
  const rows = [...document.querySelectorAll("[data-op], [data-many]")];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const row = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by];
  const box = row?.querySelector("input");
  if (!box) return turn(by > 0 ? "next" : "prev");
  box.focus();
  row.scrollIntoView({ block: "nearest" });
  return true;
}

/** @param {string} name */
function click(name) {
  const found = document.querySelector(`[data-${name}]`);
  if (!(found instanceof HTMLElement) || found.hasAttribute("disabled")) return false;
  found.click();
  return true;
}

/** @param {string} id */
function focus(id) {
  const field = document.getElementById(id);
  if (!field || field.offsetParent === null) return false;
  field.focus();
  return true;
}

/** To the theme above or below in the list; from another list, to its first. @param {number} by */
function move(by) {
  const links = [...document.querySelectorAll(".col--themes a.tlist__item")];
  const at = links.findIndex((link) => link.hasAttribute("aria-current"));
  const link = at < 0 ? links[0] : links[at + by];
  if (!(link instanceof HTMLElement)) return false;
  link.click();
  return true;
}

/** Open a tool above the opinions at its field, or at the search that fills it. @param {string} id */
function tool(id) {
  const field = document.getElementById(id);
  const details = field?.closest("details");
  if (!field || !details) return false;
  details.open = true;
  const search = details.querySelector(`[data-pick="${id}"]:not([hidden])`);
  if (search instanceof HTMLElement) search.click();
  else field.focus();
  if (field instanceof HTMLInputElement) field.select();
  return true;
}

/** @param {{open: (row: Element | null) => boolean, take: (row: Element | null) => boolean, press: (name: string) => void} | null} sender */
export function keys(sender) {
  const help = document.querySelector("details[data-keys]");
  const off = help?.querySelector("input");
  try {
    if (off) off.checked = !localStorage.getItem(OFF);
  } catch {
    // no store: the keys are on
  }
  off?.addEventListener("change", () => {
    try {
      if (off.checked) localStorage.removeItem(OFF);
      else localStorage.setItem(OFF, "1");
    } catch {
      // no store: for this page only
    }
  });
  const row = () => document.activeElement?.closest("[data-op]") ?? null;
  /** @type {Record<string, (wanted: any) => boolean>} */
  const acts = {
    disposition: (wanted) => dispose(wanted.number),
    send: () => sender?.open(row()) ?? false,
    lone: () => {
      if (!sender?.take(row())) return false;
      sender.press("lone");
      return true;
    },
    focus: (wanted) => {
      if (wanted.id === "filing-title") sender?.take(row());
      return focus(wanted.id);
    },
    write: () => focus("view") || focus("approve"), // who approves reads what was written
    row: (wanted) => step(wanted.by),
    theme: (wanted) => move(wanted.by),
    tool: (wanted) => tool(wanted.id),
    follow: (wanted) => click(wanted.name),
    click: (wanted) => click(wanted.name),
    open: (wanted) => {
      const link = row()?.querySelector(`[data-${wanted.name}]`);
      if (!(link instanceof HTMLElement)) return false;
      link.click();
      return true;
    },
    help: () => {
      if (!(help instanceof HTMLDetailsElement)) return false;
      help.open = !help.open;
      help.querySelector("summary")?.focus();
      return true;
    },
  };
  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const form = document.querySelector("form#answer");
      const go = form?.querySelector("[data-go]");
      if (form?.contains(document.activeElement) && go instanceof HTMLButtonElement) {
        event.preventDefault();
        go.click();
      }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || (off && !off.checked)) return;
    const wanted = act(event.key, isWriting(event.target));
    if (wanted && acts[wanted.kind]?.(wanted)) event.preventDefault();
  });
}
