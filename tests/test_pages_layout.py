"""Every page on every screen: nothing cut, nothing over another, everything big enough to hit."""

from __future__ import annotations

import pytest
from browser import MODES, Seen, Visitor, chromium, visitor
from made_pages import EVERY_PAGE

__all__ = ["chromium", "visitor"]


@pytest.fixture(params=EVERY_PAGE)
def seen(request: pytest.FixtureRequest, visitor: Visitor) -> dict[str, Seen]:
    return visitor.seen(request.param)


@pytest.mark.browser
def test_no_page_is_wider_than_its_window(seen: dict[str, Seen]) -> None:
    for mode in MODES:
        assert seen[mode]["beyond"] == [], mode
        assert seen[mode]["wide"] <= 0, mode


@pytest.mark.browser
def test_what_scrolls_sideways_takes_the_focus_and_has_a_name(seen: dict[str, Seen]) -> None:
    for mode in MODES:
        for region in seen[mode]["regions"]:
            assert region["focusable"], region
            assert region["role"] in ("region", "group"), region
            assert len(region["label"]) > 6, region


@pytest.mark.browser
def test_no_text_lies_over_other_text_or_is_cut_off(seen: dict[str, Seen]) -> None:
    for mode in MODES:
        assert seen[mode]["words"] > 30
        assert seen[mode]["overlaps"] == [], mode
        assert seen[mode]["cut"] == [], mode


@pytest.mark.browser
def test_letters_of_twice_the_size_and_other_distances_lose_no_word(seen: dict[str, Seen]) -> None:
    for mode in ("zoom 200 %", "letters 200 % in half a window", "spaced"):
        assert words(seen[mode]) == words(seen["phone"]), mode


def words(facts: Seen) -> list[str]:
    return sorted(facts["text"].split())


@pytest.mark.browser
def test_every_target_is_24_px_or_excepted(seen: dict[str, Seen]) -> None:
    for mode in MODES:
        if mode != "print":
            assert seen[mode]["small"] == [], mode


@pytest.mark.browser
def test_every_picture_is_drawn_in_every_mode(seen: dict[str, Seen]) -> None:
    drawn = [len(facts["images"]) for facts in seen.values()]
    assert len(set(drawn)) == 1
    for mode in MODES:
        for image in seen[mode]["images"]:
            assert image["drawn"], image["alt"]
            assert image["width"] > 200, image["alt"]


@pytest.mark.browser
def test_nothing_is_asked_for_in_any_mode(seen: dict[str, Seen]) -> None:
    assert [facts["requests"] for facts in seen.values()] == [[]] * len(MODES)
