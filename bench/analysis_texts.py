"""Texts of about 90 characters in any number: real sentences shuffled anew, or generated words."""

import random
import re
from collections.abc import Sequence

LENGTH = 90
_SENTENCES = re.compile(r"(?<=[。！？!?])|\n+")

_PLACES = """
中央公園 市民会館 駅前広場 東小学校 西中学校 市立図書館 児童館 体育館 保健センター 商店街
河川敷 美術館 団地 市役所 バス停 保育園 学童クラブ 高齢者住宅 公民館 市民プール 農園 防災倉庫
水族館 歩道橋 踏切 自転車道 墓地
"""
_THINGS = """
遊具 手すり 照明 駐輪場 案内板 トイレ 開館時間 予約方法 利用料金 職員 冷房 段差 点字 時刻表
樹木 花壇 掲示板 避難所 備蓄 送迎 相談窓口 定員 給食 部活動 教科書 端末 耐震 雨漏り 騒音 ごみ
落書き 看板 横断歩道 信号 街灯
"""
_WISHES = """
を増やしてほしいです。 が足りないと思います。 を見直してください。 が古くて心配です。
はこのままがよいです。 を無料にしてほしいです。 の説明が分かりません。 に予算を回してください。
をもっと早く直してください。
"""
PLACES, THINGS, WISHES = _PLACES.split(), _THINGS.split(), _WISHES.split()


def make(count: int, real: Sequence[str] = (), seed: int = 0) -> list[str]:
    """So many texts, hardly two alike. With `real` ones their sentences are put together anew."""
    chance = random.Random(seed)
    pool = [s.strip() for text in real for s in _SENTENCES.split(text) if len(s.strip()) >= 6]
    return [_one(chance, pool) for _ in range(count)]


def _one(chance: random.Random, pool: Sequence[str]) -> str:
    said = ""
    while len(said) < LENGTH - 20:
        said += chance.choice(pool) if pool else _generated(chance)
    return said


def _generated(chance: random.Random) -> str:
    number = chance.randint(1, 30)
    place, thing = chance.choice(PLACES), chance.choice(THINGS)
    return f"{number}丁目の{place}の{thing}{chance.choice(WISHES)}"
