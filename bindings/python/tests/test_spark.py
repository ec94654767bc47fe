"""The Spark example; its download would double the test command's time, so a flag asks for it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from conftest import ROOT


def test_the_spark_example_gives_the_same_answers(pytestconfig: pytest.Config) -> None:
    if not pytestconfig.getoption("--spark"):
        pytest.skip("run with --spark")
    example = ROOT / "examples" / "python" / "spark.py"
    done = subprocess.run([sys.executable, str(example)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the same answers as one process" in done.stdout
