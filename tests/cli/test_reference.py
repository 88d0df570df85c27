"""The reference pages say what the program does."""

from __future__ import annotations

import pytest

from tests.cli.reference import CLI, CONFIGURATION, all_commands, cli_page, configuration_page

NAMED_IN_THE_CONTRACT = {
    *(
        "yishi serve",
        "yishi init",
        "yishi new",
        "yishi fmt",
        "yishi lint",
        "yishi schema",
        "yishi play",
        "yishi simulate",
        "yishi test",
        "yishi publish",
        "yishi diagram",
        "yishi diff",
        "yishi plan",
        "yishi migrate",
        "yishi replay",
        "yishi inbox",
        "yishi audit show",
        "yishi config",
        "yishi doctor",
        "yishi demo",
    ),
    *(f"yishi case {name}" for name in ("open", "list", "show", "act", "explain", "comment", "attach", "document")),
    *(f"yishi calendar {name}" for name in ("show", "explain", "due", "year", "changes", "recount")),
    *("yishi sandbox publish", "yishi sandbox reset", "yishi sandbox key"),
    *(f"yishi registry {name}" for name in ("list", "show", "add", "change", "correct", "retire", "restore", "import", "export")),
    *("yishi indicator", "yishi clock show", "yishi clock advance", "yishi key create", "yishi key revoke", "yishi key list"),
    *("yishi user create", "yishi user list"),
}
PRINTS_NOTHING_BUT_AN_ADDRESS = "yishi serve"


def test_the_page_of_the_command_line_is_that_of_the_program() -> None:
    assert CLI.read_text("utf-8") == cli_page(), "python -m tests.cli.reference"


def test_the_page_of_the_settings_is_that_of_the_program() -> None:
    assert CONFIGURATION.read_text("utf-8") == configuration_page(), "python -m tests.cli.reference"


def test_every_command_of_the_contract_is_there() -> None:
    assert {name for name, _, _ in all_commands()} == NAMED_IN_THE_CONTRACT


@pytest.mark.parametrize(("name", "command"), [(name, command) for name, command, _ in all_commands()])
def test_every_command_says_what_it_does_and_every_option_what_it_is_for(name: str, command: object) -> None:
    assert getattr(command, "help", None), name
    assert all(getattr(parameter, "help", None) for parameter in getattr(command, "params", []))


@pytest.mark.parametrize(("name", "command"), [(name, command) for name, command, _ in all_commands()])
def test_every_command_that_prints_can_print_json(name: str, command: object) -> None:
    options = {option for parameter in getattr(command, "params", []) for option in parameter.opts}
    assert ("--json" in options) == (name != PRINTS_NOTHING_BUT_AN_ADDRESS)
