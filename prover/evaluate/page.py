"""A report as one HTML page that needs nothing else: the Markdown's content, with pictures in it."""

from html import escape

from markdown_it import MarkdownIt

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #1c1c1c; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
td, th { padding: 0.25rem 0.6rem; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top; }
th { border-bottom: 2px solid #888; }
pre { background: #f5f5f5; padding: 0.6rem; overflow-x: auto; }
figure { margin: 1.5rem 0; } figcaption { color: #555; } svg { max-width: 100%; height: auto; }
"""


def page(heading: str, markdown: str, pictures: list[tuple[str, str]]) -> str:
    """The page.

    Args:
        pictures: captions and SVG texts, shown after the first section.
    """
    rendered = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    shown = "".join(f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>" for caption, svg in pictures)
    top, mark, rest = rendered.partition("<h2>")
    return (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{escape(heading)}</title>'
        f"<style>{STYLE}</style></head>\n<body>\n{top}{shown}{mark}{rest}</body>\n</html>\n"
    )
