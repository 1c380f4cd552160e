"""What the report promises of its next edition, and for how many groups a release gives it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from analysis.questions.estimate import Answer, Case
from analysis.sources.registry import NEXT_EDITION
from analysis.tables.next_edition import grades_side_by_side
from analysis.tables.tidy import Study
from analysis.variables import STAGES, funding_column, gain_columns

Covered = Callable[[Study], pd.Series]


@dataclass(frozen=True)
class Promise:
    """Something that the report of 2013 says its next edition will have.

    Parameters
    ----------
    promise : str
        What it is, in our words.
    short : str
        The same in a few words, for a picture.
    paragraph : str
        Where the report says so.
    takes : str
        The tables that would give it.
    answers : str
        What it would answer.
    covered : callable
        Whether each collaboration of a study has it.
    """

    promise: str
    short: str
    paragraph: str
    takes: str
    answers: str
    covered: Covered


def _in(names: pd.Series | set[str], study: Study) -> pd.Series:
    return study.collaborations["collaboration"].isin(names)


def _members_of_panel(study: Study) -> pd.Series:
    return _in(set() if study.panel is None else study.panel.members["collaboration"], study)


def _gain(study: Study) -> pd.Series:
    columns = [column for stage in STAGES for column in gain_columns(stage)]
    return study.collaborations[columns].notna().any(axis=1)


def _grades(study: Study) -> pd.Series:
    return study.collaborations["n_good"].notna()


def _money(study: Study) -> pd.Series:
    column = funding_column(study.release.number)
    table = study.collaborations
    return table[column].notna() if column in table else _in(set(), study)


def _any_money(study: Study) -> pd.Series:
    return study.collaborations.filter(regex=r"^funding_").notna().any(axis=1)


def _rows(name: str, study: Study) -> pd.DataFrame:
    empty = pd.DataFrame({"collaboration": pd.Series(dtype="str")})
    return study.next_edition.get(name, empty)


def _results_of_targets(study: Study) -> pd.Series:
    rows = _rows("targets", study)
    return _in(rows.loc[rows["result"].notna(), "collaboration"] if len(rows) else set(), study)


def _both_years(study: Study) -> pd.Series:
    rows = _rows("grades", study)
    if rows.empty:
        return _in(set(), study)
    rows = grades_side_by_side(rows).dropna(subset=["before_pct", "after_pct"])
    return _in(rows["collaboration"], study)


def _with_gap(study: Study) -> pd.Series:
    rows = _rows("gaps", study)
    return _in(rows.loc[rows["gap_pp"].notna(), "collaboration"] if len(rows) else set(), study)


PROMISES = (
    Promise(
        "Results by which collaboration can be evaluated",
        "Results of schools, years",
        "30",
        "schools.csv and members.csv: results of single schools in several years",
        "whether members moved otherwise than schools that did not join",
        _members_of_panel,
    ),
    Promise(
        "Teaching linked to the progress of pupils",
        "Grades beside gains",
        "30",
        "gains.csv with every group, beside ofsted.csv",
        "whether gains go with grades",
        lambda study: _grades(study) & _gain(study),
    ),
    Promise(
        "Value for money",
        "Money beside gains",
        "30",
        "gains.csv with every group, beside funding.csv",
        "what a percentage point costs",
        lambda study: _money(study) & _gain(study),
    ),
    Promise(
        "Gaps between disadvantaged and other pupils",
        "Gaps",
        "30",
        "gaps.csv: gains of both with their cohorts",
        "whether gaps narrowed",
        _with_gap,
    ),
    Promise(
        "More about inspection outcomes",
        "Grades of two years",
        "17 and 30",
        "grades.csv: grades of the same groups in two years",
        "whether more schools are good or better than a year ago",
        _both_years,
    ),
    Promise(
        "Consistent reports of every group",
        "In every table",
        "32",
        "ofsted.csv, funding.csv and gains.csv with the same groups",
        "whether those shown stand for all",
        lambda study: _grades(study) & _any_money(study) & _gain(study),
    ),
    Promise(
        "Targets agreed beforehand, and their results",
        "Targets with results",
        "15 and 31",
        "targets.csv: agreed target and result by group and measure",
        "whether groups reach what they set themselves",
        _results_of_targets,
    ),
    Promise(
        "Stages of the Quality Development Framework",
        "Framework stages",
        "34 to 37",
        "stages.csv: emerged, embedded or enhanced, this year and the year before",
        "whether groups mature, and how stages go with gains",
        lambda study: _in(set(_rows("stages", study)["collaboration"]), study),
    ),
)


def kept_promises(case: Case) -> Answer:
    """Return how many promises the release keeps for every group, for some, and for none.

    Each thing that the report of 2013 says its next edition will have is looked up in the tables of
    this release, group by group. It is kept where every group has it, kept in part where some have,
    and not kept where none has.
    """
    study = case.study
    covered = [int(promise.covered(study).sum()) for promise in PROMISES]
    n_all = len(study.collaborations)
    given = ["not given" if not n else "in part" if n < n_all else "given" for n in covered]
    rows = pd.DataFrame(
        {
            "promise": [one.promise for one in PROMISES],
            "paragraph": [one.paragraph for one in PROMISES],
            "groups": covered,
            "of": n_all,
            "given": given,
            "takes": [one.takes for one in PROMISES],
            "answers": [one.answers for one in PROMISES],
            "short": [one.short for one in PROMISES],
        }
    )
    counts = {
        "n": len(rows),
        "whole_n": given.count("given"),
        "part_n": given.count("in part"),
        "none_n": given.count("not given"),
        "tables_n": len(study.next_edition),
        "tables_of_n": len(NEXT_EDITION),
        "groups_n": n_all,
    }
    tables = tuple(study.release.tables)
    numbers = [
        case.quantity(name, value, "count", kept_promises, tables) for name, value in counts.items()
    ]
    return Answer(numbers, rows)
