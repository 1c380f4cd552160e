"""How each outcome is called and drawn, the same in every picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.page.figures.canvas import BLUE, GREEN, ORANGE, PURPLE
from analysis.variables import STAGES, known, variable

if TYPE_CHECKING:
    from analysis.page.chapter import Chapter

_LOOKS = (("o", BLUE), ("s", ORANGE), ("^", GREEN), ("D", PURPLE))


@dataclass(frozen=True)
class Outcome:
    """An outcome as a picture shows it.

    Parameters
    ----------
    name : str
        Its name in plan.yaml, such as ``ks2``.
    label : str
        What a reader calls it, such as ``key stage 2 gain``.
    unit : str
        Its unit, a key of `analysis.quantities.UNITS`.
    marker, colour : str
        Its mark; no two of the first four outcomes of a chapter share either.
    """

    name: str
    label: str
    unit: str
    marker: str
    colour: str

    @property
    def title(self) -> str:
        """The label at the beginning of a sentence."""
        return f"{self.label[:1].upper()}{self.label[1:]}"

    @property
    def measure(self) -> str:
        """The label with its unit, for an axis."""
        unit = "percentage points" if self.unit == "pp" else self.unit
        return f"{self.title}, {unit}"

    @property
    def stage(self) -> str:
        """The key stage alone where the outcome is one's gain, else the label."""
        return self.label.removesuffix(" gain")


def outcome_of(chapter: Chapter, name: object) -> Outcome:
    """Return the outcome of a chapter with this name of plan.yaml, or of a column."""
    names = [*STAGES, *(other for other in chapter.outcomes if other not in STAGES)]
    name = str(name)
    place = names.index(name) if name in names else len(names)
    declared = known(name)
    label = variable(name).label.lower() if declared else name
    label = chapter.plan.outcomes.get(name, label)
    unit = variable(name).unit if declared else "pp"
    return Outcome(name, label, unit, *_LOOKS[place % len(_LOOKS)])
