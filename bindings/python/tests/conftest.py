"""What the tests share."""

from pathlib import Path

import pytest

import mayreach

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[3]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--spark", action="store_true", help="run the Spark example too (needs PySpark and Java)")


@pytest.fixture(scope="session")
def tenants() -> mayreach.Program:
    """The program of examples/tenants."""
    return mayreach.load(str(ROOT / "examples" / "tenants"))
