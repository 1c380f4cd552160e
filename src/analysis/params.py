"""What a run may vary, read once from params.yaml and typed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from analysis import paths
from analysis.errors import DataError, Problem, quoted
from analysis.files import line_of_entry, read_yaml

FILE = "params.yaml"
MOST_PERMUTATIONS = 10_000_000
_YEAR = re.compile(r"20\d\d|simulated", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)


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
    content = read_yaml(paths.find_root() / FILE, "params")
    for name in content:
        if name not in _FORMS:
            expected = f"no other name than {', '.join(_FORMS)}"
            raise _wrong(str(name), quoted(content[name]), expected)
    for name, (accepts, expected) in _FORMS.items():
        if name not in content or not accepts(content[name]):
            raise _wrong(name, quoted(content.get(name)), expected)
    return Params(
        years=tuple(content["years"]),
        outcomes=tuple(content["outcomes"]),
        confidence=float(content["confidence"]),
        seed=content["seed"],
        permutations=content["permutations"],
    )


def _is_years(value: object) -> bool:
    return _are_different(value, _YEAR)


def _is_names(value: object) -> bool:
    return _are_different(value, _NAME)


def _are_different(value: object, form: re.Pattern[str]) -> bool:
    if not isinstance(value, list) or not value:
        return False
    words = [v for v in value if isinstance(v, str) and form.fullmatch(v)]
    return len(set(words)) == len(value)


def _is_whole(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


_FORMS: dict[str, tuple[Callable[[object], bool], str]] = {
    "years": (_is_years, 'a list of different years in quotation marks, such as - "2013"'),
    "outcomes": (_is_names, "a list of different outcomes of plan.yaml, such as - ks2"),
    "confidence": (lambda v: isinstance(v, float) and 0.5 <= v < 1, "a number such as 0.95"),
    "seed": (lambda v: _is_whole(v, 0, 10**18 - 1), "a whole number of at most 18 digits"),
    "permutations": (
        lambda v: _is_whole(v, 1000, MOST_PERMUTATIONS),
        f"a whole number from 1,000 to {MOST_PERMUTATIONS:,}",
    ),
}


def _wrong(name: str, found: str, expected: str) -> DataError:
    row = line_of_entry(paths.find_root() / FILE, (name,))
    remedy = "Correct this line."
    return DataError(Problem(FILE, found, expected, remedy, row, name, "params"))
