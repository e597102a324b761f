"""The site's files as they are deployed: without the comments in our own code, which only its readers need."""

import re
import shutil
from pathlib import Path
from typing import Final

from pygments.lexer import Lexer
from pygments.lexers.css import CssLexer
from pygments.lexers.javascript import JavascriptLexer
from pygments.token import Comment

_LEXERS: Final[dict[str, type[Lexer]]] = {".css": CssLexer, ".js": JavascriptLexer, ".mjs": JavascriptLexer}
_COMMENTS: Final = frozenset({Comment, Comment.Multiline, Comment.Single})
_KEPT: Final = "Copyright"
"""A license asks that its notice stays in each copy."""
_REMOVED: Final = "\0"
_LINES: Final = re.compile(rf"^[ \t]*{_REMOVED}[ \t]*\n|[ \t]*{_REMOVED}", re.MULTILINE)
_BLANK_LINES: Final = re.compile(r"\n{3,}")


def write_site(source: Path, target: Path) -> None:
    """Copy a site's files to a directory that is emptied before, and remove the comments of JavaScript and CSS.

    Raises `OSError`, and `UnicodeDecodeError` for code that is not UTF-8.
    """
    shutil.rmtree(target, ignore_errors=True)
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        lexer = _LEXERS.get(path.suffix)
        code = path.read_bytes()
        copy.write_bytes(remove_comments(code.decode(), lexer()).encode() if lexer else code)


def remove_comments(code: str, lexer: Lexer) -> str:
    """Return code without its comments, but for notices of copyright. A line that had nothing else goes, too."""
    kept = (
        _REMOVED if token in _COMMENTS and _KEPT not in text else text
        for _, token, text in lexer.get_tokens_unprocessed(code)
    )
    return _BLANK_LINES.sub("\n\n", _LINES.sub("", "".join(kept)))
