"""The package itself: versions, stubs, docstrings, examples."""

from __future__ import annotations

import doctest
import importlib.metadata
import inspect
import re
import subprocess
import sys
from types import ModuleType

import pytest
from conftest import ROOT

import mayreach
import mayreach._load
import mayreach._mayreach
import mayreach.testing

PACKAGE = ROOT / "bindings" / "python"
EXAMPLES = ROOT / "examples" / "python"


def test_one_version() -> None:
    cargo = (ROOT / "Cargo.toml").read_text()
    found = re.search(r'^version = "(.+)"', cargo, re.MULTILINE)
    assert found and mayreach.__version__ == found[1] == importlib.metadata.version("mayreach")


def docstrings() -> list[tuple[str, str]]:
    found = []
    modules: list[ModuleType] = [mayreach, mayreach._load, mayreach.testing]
    for module in modules:
        found.append((module.__name__, module.__doc__ or ""))
    for name in mayreach.__all__:
        value = getattr(mayreach, name)
        if callable(value):
            found.append((name, inspect.getdoc(value) or ""))
        if inspect.isclass(value):
            members = vars(value).items()
            found.extend((f"{name}.{key}", inspect.getdoc(member) or "") for key, member in members if key[0] != "_")
    return [(name, text) for name, text in found if ">>>" in text]


@pytest.mark.parametrize(("name", "text"), docstrings(), ids=[name for name, _ in docstrings()])
def test_docstrings_run(name: str, text: str) -> None:
    names = {**vars(mayreach), **vars(mayreach.testing), "mayreach": mayreach}
    test = doctest.DocTestParser().get_doctest(text, names, name, None, None)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL)
    assert runner.run(test).failed == 0


def test_everything_public_is_documented() -> None:
    assert len(docstrings()) >= 7
    for name in mayreach.__all__:
        value = getattr(mayreach, name)
        if inspect.isclass(value):
            public = {key: member for key, member in vars(value).items() if key[0] != "_" and callable(member)}
            missing = [f"{name}.{key}" for key, member in public.items() if not inspect.getdoc(member)]
            assert inspect.getdoc(value) and not missing, missing


def run(*arguments: str) -> None:
    done = subprocess.run([sys.executable, *arguments], cwd=PACKAGE, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_stubs_say_what_is_there() -> None:
    pytest.importorskip("mypy")
    run("-m", "mypy.stubtest", "mayreach._mayreach", "--allowlist", "stubtest.txt")


def test_types_are_strict() -> None:
    pytest.importorskip("mypy")
    run("-m", "mypy", "--strict", "python/mayreach", str(EXAMPLES))


@pytest.mark.parametrize("name", ["notebook.py", "table.py"])
def test_examples_run(name: str) -> None:
    pytest.importorskip("pyarrow")
    run(str(EXAMPLES / name))


def test_the_example_suite_passes() -> None:
    run("-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", str(EXAMPLES / "isolation" / "pytest.ini"),
        str(EXAMPLES / "isolation"))  # fmt: skip
