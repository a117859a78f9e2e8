"""A search tree as a page that works offline: one file, drawn by D3, whose licence (ISC) is in the page."""

import json
from importlib import resources
from typing import Any

PLACE = "prover.app.replay"


def page_of(replay: dict[str, Any]) -> str:
    """Returns an HTML page that draws a replay."""
    files = resources.files(PLACE)
    template, library, licence = (
        (files / name).read_text(encoding="utf-8") for name in ("page.html", "d3.min.js", "d3-license.txt")
    )
    content = json.dumps(replay, ensure_ascii=False).replace("<", "\\u003c")  # so that nothing in it ends the script
    parts = {"/*LICENCE*/": licence, "/*LIBRARY*/": library, "/*REPLAY*/": content}
    for mark, text in parts.items():
        before, _, after = template.partition(mark)
        template = before + text + after
    return template
