"""What the validation shows, each sentence with the condition under which it is so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from validation_summary import interval, side

Scenarios = dict[str, Any]
ALPHA = 0.05
SMALL_PP = 0.15
MINUS = "\N{MINUS SIGN}"
NAMES = {
    "headline": "headline",
    "cr2": "CR2",
    "wild": "wild cluster bootstrap",
    "randomised": "randomisation",
    "entropy": "entropy balancing",
    "gain": "gain score",
    "group_time": "Callaway and Sant'Anna",
    "two_way": "two-way",
    "unclustered": "CR2's regression with schools as independent",
    "unclustered_hc3": "that regression with HC3",
    "naive": "plain difference at the end with schools as independent",
    "naive_hc3": "that difference with HC3",
}
CHAPTER = ("headline", "cr2", "wild", "randomised", "entropy", "gain", "group_time", "two_way")
WITH_ERROR = ("cr2", "entropy", "gain", "group_time", "two_way")
INDEPENDENT = ("unclustered", "unclustered_hc3", "naive", "naive_hc3")
NO_GAIN = ("none", "luck", "few")
LEFT_OUT = ("schools", "groups", "groups_overlap", "members")
WHOLE = (*NO_GAIN, "gain", "growth", "weak", "few_gain")


@dataclass(frozen=True)
class Claim:
    """A sentence made from the scenarios that it needs, and whether they bear it out."""

    key: str
    needs: tuple[str, ...]
    sentence: Callable[[Scenarios], str]
    holds: Callable[[Scenarios], bool]


def share(count: int, n: int) -> str:
    """Return a share in per cent with its Monte Carlo interval."""
    low, high = interval(count, n)
    return f"{100 * count / n:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def signed(value: float | None, decimals: int = 2) -> str:
    """Return a number of percentage points with its sign."""
    if value is None:
        return "–"
    text = f"{abs(value):.{decimals}f}"
    return text if not float(text) else f"{MINUS if value < 0 else '+'}{text}"


def found(one: Scenarios, scenario: str, name: str) -> dict[str, Any]:
    """Return a method's numbers in a scenario."""
    numbers: dict[str, Any] = one[scenario]["methods"][name]
    return numbers


def rejects(one: Scenarios, scenario: str, name: str) -> str:
    """Return how often a method finds a difference."""
    numbers = found(one, scenario, name)
    return share(numbers["rejected"], numbers["n"])


def bias(one: Scenarios, scenario: str, name: str) -> float:
    """Return how far a method is off, pp."""
    return float(found(one, scenario, name)["bias_pp"])


def off(one: Scenarios, scenario: str, names: Iterable[str]) -> str:
    """Return how far methods are off, with the Monte Carlo error."""
    return ", ".join(
        f"{NAMES[name]} {signed(bias(one, scenario, name))} pp "
        f"({found(one, scenario, name)['bias_error_pp']:.2f})"
        for name in names
    )


def sized(one: Scenarios, scenario: str, name: str) -> str:
    """Return whether 5 % lies inside, above or below a method's interval of rejections."""
    numbers = found(one, scenario, name)
    return side(numbers["rejected"], numbers["n"], ALPHA)


def covers(one: Scenarios, scenario: str, name: str) -> str:
    """Return whether 95 % lies inside a method's interval of coverage, or it is above or below."""
    numbers = found(one, scenario, name)
    return side(numbers["covered"], numbers["n"], 1 - ALPHA)


def sorted_out(one: Scenarios, scenario: str, judge: Callable[..., str], count: str) -> str:
    """Return which methods of the chapter do as they should, too often and too seldom."""
    words = {"inside": "as often as it should", "above": "too often", "below": "too seldom"}
    parts = []
    for verdict, said in words.items():
        listed = [
            f"{NAMES[name]} {100 * numbers[count] / numbers['n']:.1f} %"
            for name in CHAPTER
            if judge(one, scenario, name) == verdict
            for numbers in [found(one, scenario, name)]
        ]
        parts += [f"{said}: {', '.join(listed)}"] if listed else []
    return "; ".join(parts)


def _size(one: Scenarios, scenario: str, when: str) -> str:
    return f"{when}, a difference is found at 5 % {sorted_out(one, scenario, sized, 'rejected')}."


def _headline(one: Scenarios) -> str:
    shares = ", ".join(f"{rejects(one, key, 'headline')} in `{key}`" for key in NO_GAIN)
    return (
        "The headline finds a gain that is not there in 5 % of the runs or fewer, as far as the "
        f"runs can tell: {shares}. It is the widest of three intervals, so it may lie below 5 %."
    )


def _independent(one: Scenarios) -> str:
    shares = ", ".join(f"{NAMES[key]} {rejects(one, 'luck', key)}" for key in INDEPENDENT)
    return (
        "Where collaborations have much luck in common, whoever takes schools as independent "
        f"finds a gain that is not there: {shares}. The headline does in "
        f"{rejects(one, 'luck', 'headline')}."
    )


def _bias(one: Scenarios) -> str:
    true, of_county = one["gain"]["truth_end"], one["gain"]["truth_county"]
    return (
        f"With a gain of 3 pp no method of the chapter is off by more than {SMALL_PP} pp (in "
        f"brackets the Monte Carlo error): {off(one, 'gain', WITH_ERROR)}. The members compared "
        f"truly gained {true:.2f} pp in the last year; all members of that year {of_county:.2f}, "
        "since some of those compared had left."
    )


def _coverage(one: Scenarios) -> str:
    listed = sorted_out(one, "gain", covers, "covered").replace("it should", "they should")
    return f"Intervals of 95 % hold the true gain of 3 pp {listed}."


def _errors(one: Scenarios) -> str:
    shares = ", ".join(f"{NAMES[name]} {error_ratio(one, name):.2f}" for name in WITH_ERROR)
    return (
        "Mean standard error over the standard deviation of the estimates, with a gain of 3 pp: "
        f"{shares}. That of entropy balancing is too large, since it leaves out what the balanced "
        "characteristics explain."
    )


def error_ratio(one: Scenarios, name: str) -> float:
    """Return a method's mean standard error over its estimates' standard deviation."""
    numbers = found(one, "gain", name)
    return float(numbers["mean_error_pp"] / numbers["sd_pp"])


def _growth(one: Scenarios) -> str:
    numbers = found(one, "growth", "two_way")
    return (
        "Where the gain grows and schools join in turn, two-way is off and Callaway and Sant'Anna "
        f"is not: {off(one, 'growth', ('two_way', 'group_time'))}. The two-way interval holds the "
        f"truth in {share(numbers['covered'], numbers['n'])} of the runs."
    )


def _weak(one: Scenarios) -> str:
    wrong = off(one, "weak", ("gain", "group_time", "two_way", "naive"))
    return (
        "Where weak schools join, whatever does not hold the baseline takes their return to the "
        f"mean for a gain, or their weakness for a loss: {wrong}. Holding it leaves little: "
        f"{off(one, 'weak', ('headline', 'entropy'))}."
    )


def _refused(one: Scenarios) -> str:
    return (
        "Tables without the schools that fell, and tables without the collaborations that fell, "
        f"are refused in every run ({one['schools']['refused']:,} of {one['schools']['runs']:,} "
        f"and {one['groups']['refused']:,} of {one['groups']['runs']:,})."
    )


def _said(one: Scenarios) -> str:
    parts = "; ".join(
        f"{signed(found(one, key, 'shown')['mean_pp'])} pp without {one[key]['title']}, where "
        f"{one[key]['truth_end']:.1f} is true"
        for key in LEFT_OUT
    )
    return f"Members' mean rise less that of others, in what such tables show: {parts}."


def _unnoticed(one: Scenarios) -> str:
    parts = "; ".join(
        f"without {one[key]['title']}, {share(one[key]['refused'], one[key]['runs'])} of the runs"
        for key in LEFT_OUT[2:]
    )
    return (
        f"Less plain ways to leave out whoever fell are refused in: {parts}. Where it is less than "
        "all, the publication must say whom it shows; the tables alone do not."
    )


def _whole(one: Scenarios) -> str:
    refused, runs = (sum(one[key][name] for key in WHOLE) for name in ("refused", "runs"))
    return f"Whole tables are never taken for tables of improvers: {refused} of {runs:,} runs."


def _price(one: Scenarios) -> str:
    headline, cr2, wild = (rejects(one, "few_gain", k) for k in ("headline", "cr2", "wild"))
    return (
        "The price of the widest interval where collaborations are few: the headline finds a gain "
        f"of 3 pp in {headline} of the runs, CR2 in {cr2} and the wild cluster bootstrap in {wild}."
    )


def _none_above(one: Scenarios, scenario: str, names: Iterable[str]) -> bool:
    return all(sized(one, scenario, name) != "above" for name in names)


def _small(one: Scenarios, scenario: str, names: Iterable[str]) -> bool:
    return all(abs(bias(one, scenario, name)) <= SMALL_PP for name in names)


def _weak_holds(one: Scenarios) -> bool:
    most = bias(one, "weak", "gain")
    return most > 1.5 and all(abs(bias(one, "weak", k)) < most / 8 for k in ("headline", "entropy"))


def _misled(one: Scenarios, key: str) -> bool:
    numbers = found(one, key, "shown")
    return bool(abs(numbers["bias_pp"]) > 3 * numbers["bias_error_pp"])


CLAIMS = (
    Claim(
        "size",
        ("none",),
        lambda one: _size(one, "none", "With no gain"),
        lambda one: {sized(one, "none", name) for name in ("cr2", "wild")} == {"inside"},
    ),
    Claim(
        "headline",
        NO_GAIN,
        _headline,
        lambda one: all(_none_above(one, key, ("headline",)) for key in NO_GAIN),
    ),
    Claim(
        "independent",
        ("luck",),
        _independent,
        lambda one: {sized(one, "luck", name) for name in INDEPENDENT} == {"above"},
    ),
    Claim(
        "size_luck",
        ("luck",),
        lambda one: _size(one, "luck", "With no gain and much luck in common"),
        lambda one: _none_above(one, "luck", ("headline",)),
    ),
    Claim(
        "size_few",
        ("few",),
        lambda one: _size(one, "few", "With no gain and 12 collaborations"),
        lambda one: _none_above(one, "few", ("headline", "cr2", "wild")),
    ),
    Claim(
        "price",
        ("few_gain",),
        _price,
        lambda one: (
            found(one, "few_gain", "headline")["rejected"]
            < found(one, "few_gain", "cr2")["rejected"]
        ),
    ),
    Claim("bias", ("gain",), _bias, lambda one: _small(one, "gain", WITH_ERROR)),
    Claim("coverage", ("gain",), _coverage, lambda one: covers(one, "gain", "headline") != "below"),
    Claim(
        "errors",
        ("gain",),
        _errors,
        lambda one: abs(error_ratio(one, "cr2") - 1) < 0.1 < error_ratio(one, "entropy") - 1,
    ),
    Claim(
        "growth",
        ("growth",),
        _growth,
        lambda one: (
            bias(one, "growth", "two_way") < -0.5 and _small(one, "growth", ("group_time",))
        ),
    ),
    Claim("weak", ("weak",), _weak, _weak_holds),
    Claim(
        "refused",
        LEFT_OUT[:2],
        _refused,
        lambda one: all(one[key]["refused"] == one[key]["runs"] for key in LEFT_OUT[:2]),
    ),
    Claim("said", LEFT_OUT, _said, lambda one: all(_misled(one, key) for key in LEFT_OUT)),
    Claim(
        "unnoticed",
        LEFT_OUT[2:],
        _unnoticed,
        lambda one: any(one[key]["refused"] < one[key]["runs"] for key in LEFT_OUT[2:]),
    ),
    Claim("whole", WHOLE, _whole, lambda one: not any(one[key]["refused"] for key in WHOLE)),
)
