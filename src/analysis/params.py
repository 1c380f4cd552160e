"""What a run may vary, read once from params.yaml and typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from analysis import paths
from analysis.errors import DataError, Problem

FILE = "params.yaml"
_YEAR = re.compile(r"20\d\d|simulated", re.ASCII)


@dataclass(frozen=True)
class Params:
    """The run's parameters; nothing else may vary between two runs of the same inputs."""

    years: tuple[str, ...]
    outcomes: tuple[str, ...]
    confidence: float
    seed: int
    permutations: int

    def of_a_chapter(self, year: str) -> dict[str, object]:
        """Return what a chapter of `year` may declare."""
        return {"year": year, **self.shared()}

    def shared(self) -> dict[str, object]:
        """Return the parameters that all years share."""
        return {
            "outcomes": list(self.outcomes),
            "confidence": self.confidence,
            "seed": self.seed,
            "permutations": self.permutations,
        }


def load_params() -> Params:
    """Return the parameters of params.yaml.

    Raises
    ------
    DataError
        If one is missing, unknown, or not of its form; years must stand in quotation marks.
    """
    content = _content()
    for name in content:
        if name not in _FORMS:
            raise _wrong(name, repr(content[name]), f"no other name than {', '.join(_FORMS)}")
    for name, (accepts, expected) in _FORMS.items():
        if name not in content or not accepts(content[name]):
            raise _wrong(name, repr(content.get(name)), expected)
    return Params(
        years=tuple(content["years"]),
        outcomes=tuple(content["outcomes"]),
        confidence=float(content["confidence"]),
        seed=content["seed"],
        permutations=content["permutations"],
    )


def _content() -> Mapping[str, Any]:
    try:
        content = yaml.safe_load((paths.find_root() / FILE).read_text(encoding="utf-8"))
    except OSError as error:
        raise _wrong("", f"no readable file ({error.strerror})", "the run's parameters") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        found = (
            f"text at line {mark.line + 1} that is not YAML" if mark else "text that is not YAML"
        )
        raise _wrong("", found, "YAML in UTF-8") from None
    if not isinstance(content, dict):
        raise _wrong("", repr(content), "a line for each parameter")
    return content


def _is_years(value: object) -> bool:
    if not isinstance(value, list) or not value or len({str(v) for v in value}) < len(value):
        return False
    return all(isinstance(year, str) and _YEAR.fullmatch(year) for year in value)


def _is_names(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, str) for v in value)


def _is_whole(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


_FORMS: dict[str, tuple[Callable[[object], bool], str]] = {
    "years": (_is_years, 'a list of different years in quotation marks, such as - "2013"'),
    "outcomes": (_is_names, "a list of outcomes of plan.yaml, such as - ks2"),
    "confidence": (lambda v: isinstance(v, float) and 0.5 <= v < 1, "a number such as 0.95"),
    "seed": (lambda v: _is_whole(v, 0), "a whole number, 0 or more"),
    "permutations": (lambda v: _is_whole(v, 1000), "a whole number, 1000 or more"),
}


def _wrong(name: str, found: str, expected: str) -> DataError:
    remedy = "Correct this line."
    return DataError(Problem(FILE, found, expected, remedy, column=name or None, code="params"))
