from __future__ import annotations

import re

from analysis import paths
from analysis.tables.tidy import make_study

README = (paths.find_root() / "README.md").read_text(encoding="utf-8")


def test_the_answer_of_the_first_screen_counts_as_the_tables_do() -> None:
    table = make_study("2013").collaborations
    gains = table.filter(like="gain_")
    answer = README.split("**The answer")[1].split("```")[0]
    counts = [int(found) for found in re.findall(r"\b(\d+)\s+collaborations", answer)]
    counts += [int(found) for found in re.findall(r"for (\d+)\n?\s*collaborations", answer)]
    assert set(counts) == {len(table), int(gains.notna().any(axis=1).sum())}
    assert "every printed gain is a rise" in answer
    assert not (gains < 0).any(axis=None)


def test_the_first_screen_names_both_commands_and_the_page_to_open() -> None:
    first = "\n".join(README.splitlines()[:20])
    assert "make findings" in first
    assert "make test" in first
    assert "findings/2013/07_findings.html" in first
