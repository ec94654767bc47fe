"""What can go wrong, as exceptions."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: a stable code, a sentence, where, and the likely fix."""

    code: str
    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    field: str | None = None
    help: str | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        text = ": ".join(part for part in (place, self.field, self.message) if part)
        return f"{text} ({self.help})" if self.help else text


class MayreachError(ValueError):
    """Base class of everything that this package raises about its input.

    The first problem's parts are ``code``, ``message``, ``file``, ``line``, ``column``, ``field`` and
    ``help``; ``problems`` has all of them.
    """

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems: tuple[Problem, ...] = problems

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)

    @property
    def _first(self) -> Problem:
        return self.problems[0] if self.problems else Problem("internal", "no message")

    @property
    def code(self) -> str:
        """The stable code of the first problem."""
        return self._first.code

    @property
    def message(self) -> str:
        """What is wrong, in one sentence."""
        return self._first.message

    @property
    def file(self) -> str | None:
        """The manifest, as it was named."""
        return self._first.file

    @property
    def line(self) -> int | None:
        """Line, from 1."""
        return self._first.line

    @property
    def column(self) -> int | None:
        """Column, from 1."""
        return self._first.column

    @property
    def field(self) -> str | None:
        """Path of the field."""
        return self._first.field

    @property
    def help(self) -> str | None:
        """What to do about it."""
        return self._first.help


class ManifestError(MayreachError):
    """A manifest that a cluster would refuse, or that cannot be read."""


class LoadError(ManifestError):
    """A path that cannot be read, or names nothing."""


class LimitError(ManifestError):
    """An input larger or deeper than the limits allow."""


class OptionError(MayreachError):
    """An option of a value that it does not have."""


class FlowError(MayreachError):
    """A flow that cannot be asked: a wrong value, or a name that no manifest holds."""


class TableError(FlowError):
    """A table with a column that no flow has, or, if asked for, a wrong row."""


class QuestionError(MayreachError):
    """A question about all requests that cannot be asked, or a format that its report does not have."""


class InternalError(MayreachError):
    """A fault of this package. Please report it."""


_FAMILIES: dict[str, type[MayreachError]] = {
    "manifest": ManifestError,
    "option": OptionError,
    "flow": FlowError,
    "table": TableError,
    "question": QuestionError,
}
_CODES: dict[str, type[MayreachError]] = {
    "unreadable": LoadError,
    "empty": LoadError,
    "limit": LimitError,
}

for _class in (
    MayreachError, ManifestError, LoadError, LimitError, OptionError, FlowError, TableError,
    QuestionError, InternalError, Problem,
):  # fmt: skip
    _class.__module__ = "mayreach"


def make(family: str, problems: str) -> MayreachError:
    """The exception for problems as JSON text."""
    told: list[dict[str, Any]] = json.loads(problems)
    made = tuple(Problem(**problem) for problem in told)
    kind = _FAMILIES[family]
    if family == "manifest" and made:
        kind = _CODES.get(made[0].code, kind)
    return kind(*made)


def internal(message: str) -> InternalError:
    """The exception for a fault of ours."""
    text = f"a fault of mayreach, not of its input: {message}"
    return InternalError(Problem("internal", text, help="please report it"))


def near(word: str, known: Sequence[str]) -> str:
    """The end of a sentence that suggests the nearest word."""
    found = difflib.get_close_matches(word, known, 1)
    return f"; did you mean '{found[0]}'?" if found else f"; it takes {', '.join(known)}"
