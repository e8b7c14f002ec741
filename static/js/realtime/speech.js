// @ts-check
/** What others did, in words: for the one polite region of the page and the facilitator's log. */

/**
 * @typedef {import("./state.js").State} State
 * @typedef {{op: string, m: string} & Record<string, any>} Heard
 * @typedef {(name: string, values?: Record<string, string | number>) => string} Say
 */

/**
 * Sentences for what was heard, the many small things counted together.
 * @param {Heard[]} heard
 * @param {State} state the board after it
 * @param {string} me
 * @param {Say} t
 * @returns {string[]}
 */
export function told(heard, state, me, t) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  /** @type {string[]} */
  const found = [];
  const count = (/** @type {string} */ name) => counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const effect of heard) {
    const isOwn = effect.m === me;
    switch (effect.op) {
      case "phase.set":
        found.push(t("said_phase", { title: effect.title ?? "" }));
        break;
      case "board.close":
        found.push(t("said_closed"));
        break;
      case "freeze.set":
        found.push(t(effect.on ? "said_frozen" : "said_unfrozen"));
        break;
      case "lock.set":
        found.push(t(effect.on ? "said_locked" : "said_unlocked"));
        break;
      case "reveal.notes":
        found.push(t("said_notes"));
        break;
      case "reveal.votes":
        found.push(t("said_votes"));
        break;
      case "look.set":
        if (effect.at !== null) found.push(t("said_look", { where: state.islands[effect.at]?.title || state.tables[effect.at]?.title || t("island_untitled") }));
        break;
      case "members.seat":
        found.push(seated(effect, state, me, t));
        break;
      case "speakers.set":
        if (effect.now) found.push(t("said_speaker", { table: state.tables[effect.now]?.title ?? "" }));
        break;
      case "island.add":
        if (!isOwn) found.push(t("said_island", { who: who(state, effect, t), title: effect.title || t("island_untitled") }));
        break;
      case "island.title":
        if (!isOwn && effect.title) found.push(t("said_title", { who: who(state, effect, t), title: effect.title }));
        break;
      case "island.order":
        if (!isOwn) count("said_ordered");
        break;
      case "note.hide":
        found.push(t("said_hidden"));
        break;
      case "talk.hide":
        found.push(t("said_talk_hidden"));
        break;
      case "island.hide":
        found.push(t("said_title_hidden"));
        break;
      case "note.add":
        if (!isOwn) count("said_added");
        break;
      case "note.move":
      case "note.place":
        if (!isOwn) count("said_moved");
        break;
      case "talk.add":
        if (!isOwn) count("said_talked");
        break;
      case "member.join":
        if (effect.id !== me && !effect.again) count("said_joined");
        break;
      default:
    }
  }
  for (const [name, n] of counts) found.push(t(name, { n }));
  return found.filter(Boolean);
}

/** What new seats mean for somebody; nothing where they mean nothing. @param {Heard} effect @param {State} state @param {string} me @param {Say} t */
export function seated(effect, state, me, t) {
  if (Object.hasOwn(effect.seats, me)) return t("said_seat", { table: state.tables[effect.seats[me]]?.title ?? t("table_none") });
  const isHost = state.members[me]?.role === "host";
  return isHost && Object.keys(effect.seats).length > 1 ? t("said_stay") : "";
}

/** @param {State} state @param {Heard} effect @param {Say} t */
function who(state, effect, t) {
  const member = state.members[effect.m];
  if (state.names && member?.name) return member.name;
  return state.tables[member?.table]?.title ?? t("somebody");
}

/**
 * A voice that lets things gather, and says them once.
 * @param {HTMLElement} region
 * @param {number} wait ms
 */
export function voice(region, wait = 1_200) {
  /** @type {string[]} */
  let waiting = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  return (/** @type {string} */ words) => {
    if (words) waiting.push(words);
    if (timer !== undefined) return;
    timer = setTimeout(() => {
      region.textContent = [...new Set(waiting)].slice(-5).join("　");
      waiting = [];
      timer = undefined;
    }, wait);
  };
}
