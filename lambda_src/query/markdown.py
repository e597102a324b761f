"""Code in Markdown: fences (to the end if they are not closed) and spans. Nothing in it is a mark or a tag.

Both are parts of expressions with the flag MULTILINE.
"""

from typing import Final

FENCE: Final = r"^[ \t>]*(?P<fence>`{3,}|~{3,})[^\n]*(?:\n(?s:.*?)^[ \t>]*(?P=fence)[`~]*[ \t]*$|(?s:.*)\Z)"
SPAN: Final = r"(?<!`)(?P<ticks>`+)(?!`)(?:(?!\n[ \t]*\n)(?s:.))+?(?<!`)(?P=ticks)(?!`)"
