"""Parties as they are loaded: what they become, and what is said of mistakes, at which place."""

from __future__ import annotations

from tests.definition.loading import SMALLEST, changed, place, problems, rules, sound

GROUP = "owner: department\n    parties:\n      co: {title: 会办, role: department, from: data.units, verdicts: {yes: 同意, no: 不同意}, refusing: [no]}\n"
WITH_GROUP = changed(
    SMALLEST,
    ("owner: department\n", GROUP),
    ("start: {by: resident", "  units: {type: list, of: unit, default: [], title: 会办单位}\nstart: {by: resident"),
)


def test_a_group_has_an_act_to_sign_and_no_other_unless_it_is_granted() -> None:
    acts = {each.name for each in sound(WITH_GROUP).states["answering"].transitions}

    assert {"co.sign"} == {name for name in acts if name.startswith("co.")}


def test_what_is_granted_has_an_act_and_what_must_be_asked_for_three() -> None:
    text = changed(WITH_GROUP, ("refusing: [no]", "refusing: [no], add: {by: office}, waive: {by: office, asked_by: department}"))
    acts = {each.name for each in sound(text).states["answering"].transitions}

    assert {"co.sign", "co.add", "co.waive", "co.waive.ask", "co.waive.decline"} == {name for name in acts if name.startswith("co.")}


def test_whether_parties_are_persons_or_units_follows_from_what_the_source_reads() -> None:
    assert not sound(WITH_GROUP).parties["co"].persons
    assert sound(changed(WITH_GROUP, ("list, of: unit", "list, of: person"))).parties["co"].persons
    record = "list, of: record, fields: {who: {type: person}, unit: {type: unit}}"
    rows = changed(
        WITH_GROUP, ("list, of: unit", record), ("from: data.units", "from: 'data.units.filter(r, r.unit != \"\").map(r, r.who)'")
    )
    assert sound(rows).parties["co"].persons


def test_an_expression_knows_the_fields_and_verdicts_of_parties() -> None:
    text = changed(WITH_GROUP, ("form: [reply], ", "form: [reply], guard: \"parties.co.all(p, p.verdict == 'yes')\", "))
    sound(text)

    (found,) = problems(text, ("p.verdict == 'yes'", "p.verdict == 'jes'"))
    assert "'jes' is none of the options yes, no, did you mean 'yes'?" in found.message
    (found,) = problems(text, ("p.verdict == 'yes'", "p.verdikt == 'yes'"))
    assert "has no field `verdikt`, did you mean 'verdict'?" in found.message
    found, *_ = problems(text, ("parties.co.all", "parties.ko.all"))
    assert "`parties` has no field `ko`" in found.message


def test_a_gate_names_the_nearest_group_there_is() -> None:
    text = changed(WITH_GROUP, ("form: [reply], ", "form: [reply], signed: [cou], "))
    (found,) = problems(text)

    assert (found.rule, found.line, found.column) == ("name.unknown_parties", *place(text, "cou]"))
    assert "there is no group of parties `cou`, did you mean 'co'?" in found.message


def test_parties_can_be_told_where_there_are_any() -> None:
    sound(changed(WITH_GROUP, ("notify: [initiator]", "notify: [initiator, parties.co]")))
    assert rules(problems(WITH_GROUP, ("notify: [initiator]", "notify: [initiator, parties.ko]"))) == ["name.unknown_parties"]
    assert rules(problems(WITH_GROUP, ("notify: [initiator]", "notify: [party]"))) == ["notify.party"]


def test_a_deadline_of_parties_is_known_by_its_full_name_and_tells_the_party() -> None:
    dated = ("refusing: [no]", "refusing: [no], deadlines: {opinion: {within: 1 month, basis: rule, rungs: [{at: due, notify: [party]}]}}")
    text = changed(WITH_GROUP, dated, ("form: [reply], ", "form: [reply], guard: \"!overdue('co.opinion')\", "))
    definition = sound(text)

    assert definition.deadlines["answering.co.opinion"].group == "co"
    assert [problem.message for problem in problems(text, ("'co.opinion'", "'co.opinon'"))] == [
        "there is no deadline 'co.opinon', did you mean 'co.opinion'?"
    ]


def test_what_a_refusing_party_raises_can_be_received() -> None:
    sound(changed(WITH_GROUP, ("    actions:\n      answer:", "    receive: {co.refused: {to: received}}\n    actions:\n      answer:")))
    (found,) = problems(
        WITH_GROUP, ("    actions:\n      answer:", "    receive: {ko.refused: {to: received}}\n    actions:\n      answer:")
    )
    assert (found.rule, "did you mean 'co.refused'?" in found.message) == ("name.unknown_event", True)


def test_a_source_of_anything_but_people_is_refused() -> None:
    assert rules(problems(WITH_GROUP, ("from: data.units", "from: size(data.units)"))) == ["expression.type"]
