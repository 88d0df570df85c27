"""`yishi indicator`: figures counted from the trail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from api.commands.case import person_given
from api.commands.gateway import FigureTimes, gateway
from api.commands.here import day_or_instant_given, here
from api.commands.options import AsJson, AsPerson, Roles, Unit, command_app
from api.commands.screen import show_json, show_line, show_table

app = command_app()

Json = Mapping[str, Any]
WORDS: Mapping[str, Mapping[str, str]] = {
    "as_of": {"zh-CN": "截至", "en": "as of"},
    "open": {"zh-CN": "未给定", "en": "not given"},
    "whole": {"zh-CN": "合计", "en": "all"},
    "behind": {"zh-CN": "落后于进度", "en": "behind"},
}
HEADS = {
    "zh-CN": ("时段", "分类", "分母", "数值", "分子", "分母数", "缺", "应达"),
    "en": ("period", "by", "of", "value", "numerator", "denominator", "left out", "expected"),
}


@app.command()
def indicator_command(
    context: typer.Context,
    key: Annotated[str | None, typer.Argument(metavar="KEY", help="Which indicator; without it: list them.")] = None,
    first: Annotated[str | None, typer.Option("--from", metavar="WHEN", help="The first day, or a time with its zone.")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="WHEN", help="The last day, or a time that no longer counts.")] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="WHEN", help="As the trail stood then; default: now.")] = None,
    workflow: Annotated[str | None, typer.Option("--workflow", metavar="NAME", help="Of this workflow alone.")] = None,
    as_person: AsPerson = None,
    role: Roles = None,
    unit: Unit = None,
    as_json: AsJson = False,
) -> None:
    """Count an indicator from the trail: each workflow that has one of this name, over a time, as of a time."""
    place = here(context)
    for given, option in ((first, "--from"), (last, "--to"), (as_of, "--as-of")):
        if given is not None:
            day_or_instant_given(given, option)
    with gateway(place, person_given(as_person, role, unit)) as service:
        found = service.indicators() if key is None else service.figures(key, FigureTimes(first, last, as_of, workflow))
    if as_json:
        show_json(found)
    elif key is None:
        rows = [(each["workflow"], each["key"], each["title"], each["measure"], each["over"]) for each in found["indicators"]]
        show_table(("workflow", "key", "title", "measure", "over"), rows)
    else:
        for each in found["indicators"]:
            show_figures(each, place.language)


def show_figures(view: Json, language: str) -> None:
    """Print the figures of one indicator."""
    span = " – ".join(view[side] or WORDS["open"][language] for side in ("from", "to"))
    show_line(f"{view['workflow_title']} · {view['title']}  {span}  {WORDS['as_of'][language]} {view['as_of']}")
    rows = [
        *(row_of(each, "", language) for each in view["figures"]),
        *(row_of(each, WORDS["whole"][language], language) for each in view["whole"]),
    ]
    show_table(HEADS[language], [row for pair in rows for row in pair])


def row_of(figure: Json, name: str, language: str) -> Iterator[tuple[object, ...]]:
    """Give the lines of a figure; a ranking has one for each place."""
    cell = name or " / ".join(part["label"] for part in figure["by"])
    what = figure["of"] or (f"P{figure['at']}" if figure["at"] else "")
    if "places" in figure:
        for each in figure["places"]:
            yield figure["period"], cell, each["number"] or each["name"], each["value"], each["place"], "", "", ""
        return
    quota = figure.get("quota")
    expected = (
        "" if quota is None else f"{quota['expected']}/{quota['at_least']}" + (f" {WORDS['behind'][language]}" if quota["behind"] else "")
    )
    counts = (figure["numerator"], figure["denominator"], figure["left_out"] or "")
    yield figure["period"], cell, what, figure["shown"], *counts, expected
