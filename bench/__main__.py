"""`./dev bench pages | entries | analysis …`: figures as ratios taken in one run."""

import sys

from bench import analysis, entries, live, pages, realtime, search, topics

BENCHES = {
    "pages": pages.main,
    "entries": entries.main,
    "analysis": analysis.main,
    "live": live.main,
    "realtime": realtime.main,
    "topics": topics.main,
    "search": search.main,
}


def main(arguments: list[str]) -> int:
    name = arguments[0] if arguments else "pages"
    if name not in BENCHES:
        sys.stderr.write(f"./dev bench {' | '.join(BENCHES)}\n")
        return 2
    BENCHES[name](arguments[1:])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
