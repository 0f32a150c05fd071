"""Words from which the simulator makes labels of titles that do not exist; first and last parts by language."""

from __future__ import annotations

EN_FIRST = (
    "Silent", "Borrowed", "Northern", "Paper", "Crooked", "Second", "Distant", "Hollow", "Golden", "Restless", "Hidden",
    "Winter", "Electric", "Gentle", "Broken", "Midnight", "Salted", "Unwritten", "Little", "Last", "Tidal", "Amber",
    "Seventh", "Wandering", "Quiet", "Copper", "Reluctant", "Painted", "Sleepless", "Velvet", "Forgotten", "Early",
)  # fmt: skip
EN_LAST = (
    "Harbour", "Orchard", "Witness", "Kitchen", "Lighthouse", "Border", "Inheritance", "Choir", "Detective", "Summer", "Railway",
    "Island", "Promise", "Kingdom", "Laboratory", "Neighbours", "Glacier", "Letters", "Tournament", "Garden", "Ferry", "Archive",
    "Verdict", "Bakery", "Expedition", "Balcony", "Translator", "Monsoon", "Clockmaker", "Reunion", "Observatory", "Bridge", "Market",
)  # fmt: skip
JA_FIRST = (
    "静かな", "真夜中の", "最後の", "名もなき", "夏の", "消えた", "小さな", "遠い", "雨の", "眠らない",
    "青い", "隣の", "約束の", "月夜の", "秘密の", "帰らざる", "北の", "忘れられた", "放課後の", "令和の",
)  # fmt: skip
JA_LAST = (
    "港", "台所", "探偵", "喫茶店", "図書館", "終着駅", "教室", "手紙", "庭師", "商店街",
    "灯台", "合唱部", "弁護士", "銭湯", "家族", "温泉宿", "証人", "研究室", "旅人", "将棋部", "写真館",
)  # fmt: skip
DE_FIRST = (
    "Nebel", "Winter", "Grenz", "Nacht", "Sommer", "Stein", "Küsten", "Familien", "Wald", "Insel",
    "Schatten", "Brücken", "Nord", "Licht", "Eis", "Turm", "Herbst", "Mond", "Salz", "Glas",
)  # fmt: skip
DE_LAST = (
    "hafen", "haus", "spiel", "garten", "reise", "markt", "feuer", "wache", "lied", "straße",
    "tal", "mauer", "bahn", "briefe", "küche", "schule", "zeugin", "fischer", "orchester", "werkstatt", "zimmer",
)  # fmt: skip
GENRES = ("drama", "drama", "comedy", "crime", "documentary", "romance", "anime", "thriller", "kids", "reality", "fantasy")
"""Genres; the one that stands twice is twice as frequent."""
