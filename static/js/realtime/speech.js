// @ts-check
/** What others did, in words: for the one polite region of the page and the facilitator's log. */

/**
 * @typedef {import("./state.js").State} State
 * @typedef {{op: string, m: string} & Record<string, any>} Heard
 * @typedef {(name: string, values?: Record<string, string | number>) => string} Say
 * @typedef {{words: string, of: string}} Sentence what is said, and the island whose heading it repeats
 */

/**
 * Sentences for what was heard, the many small things counted together.
 * @param {Heard[]} heard
 * @param {State} state the board after it
 * @param {string} me
 * @param {Say} t
 * @returns {Sentence[]}
 */
export function told(heard, state, me, t) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  /** @type {Sentence[]} */
  const found = [];
  const say = (/** @type {string} */ words, of = "") => void (words && found.push({ words, of }));
  const isHidden = (/** @type {string} */ id) => Boolean(state.islands[id]?.hid);
  const count = (/** @type {string} */ name) => counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const effect of heard) {
    const isOwn = effect.m === me;
    switch (effect.op) {
      case "phase.set":
        say(t("said_phase", { title: effect.title ?? "" }));
        break;
      case "board.close":
        say(t("said_closed"));
        break;
      case "freeze.set":
        say(t(effect.on ? "said_frozen" : "said_unfrozen"));
        break;
      case "lock.set":
        say(t(effect.on ? "said_locked" : "said_unlocked"));
        break;
      case "reveal.notes":
        say(t("said_notes"));
        break;
      case "reveal.votes":
        say(t("said_votes"));
        break;
      case "look.set":
        if (effect.at !== null) say(t("said_look", { where: state.islands[effect.at]?.title || state.tables[effect.at]?.title || t("island_untitled") }), effect.at);
        break;
      case "members.seat":
        say(seated(effect, state, me, t));
        break;
      case "speakers.set":
        if (effect.now) say(t("said_speaker", { table: state.tables[effect.now]?.title ?? "" }));
        break;
      case "island.add":
        if (!isOwn && !isHidden(effect.id)) say(t("said_island", { who: who(state, effect, t), title: effect.title || t("island_untitled") }), effect.id);
        break;
      case "island.title":
        if (!isOwn && effect.title && !isHidden(effect.id)) say(t("said_title", { who: who(state, effect, t), title: effect.title }), effect.id);
        break;
      case "island.order":
        if (!isOwn) count("said_ordered");
        break;
      case "note.hide":
        say(t("said_hidden"));
        break;
      case "talk.hide":
        say(t("said_talk_hidden"));
        break;
      case "island.hide":
        say(t("said_title_hidden"));
        break;
      case "link.hide":
        say(t("said_word_hidden"));
        break;
      case "sum.hide":
        say(t("said_sum_hidden"));
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
  for (const [name, n] of counts) say(t(name, { n }));
  return found;
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
 * A voice that lets things gather, and says them once; hushed, it takes back what it has said.
 * @param {HTMLElement} region
 * @param {number} wait ms
 */
export function voice(region, wait = 1_200) {
  /** @type {string[]} */
  let waiting = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const hush = () => {
    waiting = [];
    region.textContent = "";
  };
  const say = (/** @type {string} */ words) => {
    if (words) waiting.push(words);
    if (timer !== undefined) return;
    timer = setTimeout(() => {
      region.textContent = [...new Set(waiting)].slice(-5).join("　");
      waiting = [];
      timer = undefined;
    }, wait);
  };
  return Object.assign(say, { hush });
}
