"""The validation as a page: what was run, what it shows, and a table for each scenario."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scenarios import TARGETS
from validation_claims import CLAIMS, NAMES, Scenarios, found, share, signed
from validation_summary import COMMAND

LABELS = {**NAMES, "headline": "headline (the widest of the next three)"}
COLUMNS = (
    "method",
    "finds a difference, %",
    "off by, pp (Monte Carlo error)",
    "sd, pp",
    "mean error, pp",
    "holds the truth, %",
)
SHOWN_COLUMNS = (
    "left out",
    "of the schools, %",
    "refused, %",
    "true gain, pp",
    "members less others, in what is shown, pp",
    "sd, pp",
)
READING = """\
Counties are SIMULATED: schools, roster and results are made up, with a gain that is known. The
county is that of `plan.yaml`, with no gain from money; each scenario says what differs. Every run
takes a county's printed figures through the chapter's own comparison. Shares stand with their
Monte Carlo interval of 95 %. *Finds a difference* is p at most .05 in a two-sided test: where the
gain is 0, that should be 5 %. *Off by* is the mean of the estimates less the true gain of the
members compared: in the last results, or, for two-way and for Callaway and Sant'Anna, over all
their school-years since joining. *sd* is that of the estimates about the truth, *mean error* the
mean of the standard errors."""


def document(summary: dict[str, Any]) -> str:
    """Return the page (Markdown) of a summary; the same summary gives the same page."""
    scenarios = summary["scenarios"]
    left_out = {key: one for key, one in scenarios.items() if "left_out" in one}
    parts = [
        "# Validation of the school-level chapter",
        f"Made by `{COMMAND}`; do not edit.",
        READING,
        "## Made from",
        _inputs(summary["inputs"]),
        "## What it shows",
        claims(scenarios),
        *[_section(key, scenarios) for key in scenarios if key not in left_out],
    ]
    if left_out:
        parts += ["## Whoever fell is left out", _left_out(left_out)]
    return "\n\n".join(parts) + "\n"


def claims(scenarios: Scenarios) -> str:
    """Return a line for each claim whose scenarios were run; those not borne out say so."""
    lines = []
    for claim in CLAIMS:
        if set(claim.needs) <= set(scenarios):
            sentence = claim.sentence(scenarios)
            lines.append(f"- {'' if claim.holds(scenarios) else '**Not borne out:** '}{sentence}")
    return "\n".join(lines)


def _inputs(inputs: dict[str, Any]) -> str:
    words = {
        "plan": "plan.yaml, sha256",
        "declared": "its blocks `panel` and `county`",
        "sources": "code",
        "stage": "stage",
        "level": "level",
        "runs": "runs of each scenario",
        "draws": "draws of bootstrap and randomisation",
        "seeds": "seeds",
    }
    rows = [f"| {words[name]} | {value} |" for name, value in inputs.items()]
    return "\n".join(["| what | value |", "|---|---|", *rows])


def _settings(one: dict[str, Any]) -> str:
    pairs = [f"`{name}` {value:g}" for name, value in one["settings"].items()]
    return f"Here {', '.join(pairs)}."


def _heading(columns: Sequence[str]) -> list[str]:
    return [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]


def _section(key: str, scenarios: Scenarios) -> str:
    one = scenarios[key]
    true = (
        f"True gain: {one['truth_end']:.2f} pp at the end, {one['truth_all']:.2f} pp over all "
        "school-years."
    )
    rows = [_row(found(scenarios, key, name), LABELS[name]) for name in TARGETS]
    failed = sum(found(scenarios, key, name)["failed"] for name in TARGETS)
    more = f" {failed} estimates could not be made." if failed else ""
    heading = f"## {one['title']} (`{key}`)"
    return "\n\n".join(
        [heading, f"{_settings(one)} {true}{more}", "\n".join([*_heading(COLUMNS), *rows])]
    )


def _row(numbers: dict[str, Any], label: str) -> str:
    n = numbers["n"]
    error, mean_error = numbers["bias_error_pp"], numbers["mean_error_pp"]
    cells = (
        label,
        share(numbers["rejected"], n).replace(" %", ""),
        f"{signed(numbers['bias_pp'])} ({error:.2f})",
        f"{numbers['sd_pp']:.2f}",
        "–" if mean_error is None else f"{mean_error:.2f}",
        share(numbers["covered"], n).replace(" %", ""),
    )
    return f"| {' | '.join(cells)} |"


def _left_out(scenarios: Scenarios) -> str:
    rows = _heading(SHOWN_COLUMNS)
    for key, one in scenarios.items():
        shown = found(scenarios, key, "shown")
        cells = (
            f"{one['title']} (`{key}`)",
            f"{100 * one['left_out']:.1f}",
            share(one["refused"], one["runs"]).replace(" %", ""),
            f"{one['truth_end']:.2f}",
            f"{signed(shown['mean_pp'])}",
            f"{shown['sd_pp']:.2f}",
        )
        rows.append(f"| {' | '.join(cells)} |")
    settings = [f"`{key}`: {_settings(one)}" for key, one in scenarios.items()]
    return "\n".join(rows) + "\n\n" + "\n".join(f"- {line}" for line in settings)
