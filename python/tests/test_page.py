"""The sessions of the manual's page on Python say what is shown; only numbers may be others on another machine.

    UPDATE_DOCS=1 python -m unittest test_page

writes down what they say.
"""

import code
import contextlib
import io
import os
import re
import tempfile
import unittest
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "python.md"
SESSION = re.compile(r"(?<=```text\n)>>> .*?(?=```)", re.DOTALL)
NUMBER = re.compile(r"\b\d[\w.-]*")


class Console(code.InteractiveConsole):
    """Python's own prompt, with what is typed and what it answers in one text."""

    def session(self, shown: str) -> str:
        typed = [line[4:] for line in shown.splitlines() if line.startswith((">>> ", "... "))]
        said, goes_on = [], False
        for n, line in enumerate(typed):
            out = io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
                said.append(f"{'...' if goes_on else '>>>'} {line}\n")
                goes_on = self.push(line)
                # What is indented ends with an empty line, which the page leaves out.
                if goes_on and (n + 1 == len(typed) or typed[n + 1][:1] not in (" ", "e")):
                    goes_on = self.push("")
            said.append(out.getvalue())
        return "".join(said)


class Page(unittest.TestCase):
    def test_sessions_say_what_is_shown(self) -> None:
        page, console, before = PAGE.read_text("utf-8"), Console(), os.getcwd()
        spec = page.split("```lcnn\n")[1].split("```")[0]
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            try:
                Path("first.lcnn").write_text(spec, "utf-8")
                said = SESSION.sub(lambda shown: console.session(shown[0]), page)
            finally:
                os.chdir(before)
        if os.environ.get("UPDATE_DOCS"):
            PAGE.write_text(said, "utf-8")
        self.maxDiff = None
        self.assertEqual(NUMBER.sub("1", PAGE.read_text("utf-8")), NUMBER.sub("1", said))


if __name__ == "__main__":
    unittest.main()
