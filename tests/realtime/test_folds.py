"""The board's fold is the same in Python and in the browser, and undoing is worked out once."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from core.config import ROOT
from realtime import folds, orders
from tests.realtime import folding

SCRIPTS = ROOT / "static" / "js" / "realtime"
CHECK = """
const found = [];
const plain = (value) => JSON.parse(JSON.stringify(value));
const sorted = (value) => Array.isArray(value) ? value.map(sorted)
  : value && typeof value === "object"
    ? Object.keys(value).sort().map((key) => [key, sorted(value[key])]) : value;
const same = (a, b) => JSON.stringify(sorted(plain(a))) === JSON.stringify(sorted(b));
for (const [place, fold] of told.folds.entries()) {
  const state = board.adopted(fold.begins);
  const frozen = board.fork(state);
  for (const effect of fold.effects) board.apply(state, effect);
  if (!same(state, fold.ends)) found.push(`fold ${place}`);
  if (!same(frozen, fold.begins)) found.push(`fork ${place}`);
}
for (const [low, high, key] of told.keys) {
  if (between(low, high) !== key) found.push(`key ${low} ${high}`);
}
"""


def test_the_shared_folds_are_current() -> None:
    """`python -m tests.realtime.folding` writes them anew."""
    kept = json.loads(folding.FILE.read_text("utf-8"))
    assert kept == json.loads(folding.written(folding.everything()))
    for fold in kept["folds"]:
        assert folds.folded(fold["effects"], fold["begins"]) == fold["ends"]
    said = {effect["op"] for fold in kept["folds"] for effect in fold["effects"]}
    assert said >= set(folds.FOLDS) - {"board.open"}


def test_order_keys_lie_between() -> None:
    for low, high, key in folding.order_keys():
        assert low < key
        assert high == "" or key < high
        assert orders.KEY.fullmatch(key)


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not here; Chromium asks too")
def test_the_browsers_fold_is_the_servers(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"type": "module"}', "utf-8")
    for name in ("state.js", "orders.js"):
        (tmp_path / name).write_text((SCRIPTS / name).read_text("utf-8"), "utf-8")
    module = tmp_path / "check.js"
    module.write_text(
        f"import * as board from './state.js';"
        f"import {{between}} from './orders.js';"
        f"import {{readFileSync}} from 'node:fs';"
        f"const told = JSON.parse(readFileSync({json.dumps(str(folding.FILE))}, 'utf8'));"
        f"{CHECK} console.log(JSON.stringify(found));",
        "utf-8",
    )
    done = subprocess.run(["node", str(module)], capture_output=True, text=True, check=True)
    found: list[Any] = json.loads(done.stdout)
    assert found == []
