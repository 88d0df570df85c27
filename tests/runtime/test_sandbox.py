"""The sandbox: a draft is tried there by the body's people, and nothing of it reaches the body; on both databases."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from engine.core.case import Case
from engine.errors import DefinitionRefused, NotAllowed, NotAuthenticated, NotFound, VersionPublished
from engine.runtime.access import Access
from engine.runtime.catalogue import Catalogue
from engine.runtime.people import Principal
from engine.runtime.publishing import publish
from engine.runtime.reading import Reading
from engine.runtime.rebuilding import rebuilt
from engine.runtime.recording import to_case
from engine.runtime.sandbox import Sandbox
from engine.runtime.sign_in import SignIn
from engine.scheduler.relay import Relay
from engine.scheduler.sealer import Sealer
from engine.settings import sandbox_of
from engine.store.access import get_person
from engine.store.cases import EVERY_CASE, get_case
from engine.store.log import log_after, unread_notices
from engine.store.records import UnitRecord
from engine.store.service import list_number_series
from engine.store.tables import metadata
from engine.store.trail import EventFilter, events_of_case
from tests.application import ADMIN, DAY, OFFICE, ORG, START, TRIAL, Trial, trial

DESIGNER = Principal("sun", ORG, frozenset({"designer"}))
DRAFT = TRIAL.replace("version: 1", "version: 2", 1).replace("within: 5 working days", "within: 2 working days")
HERE = sandbox_of(ORG)
NOTES = """registry: notes
title: 记事
key: code
kept_by: [office]
fields: {code: {type: text, title: 编号}, text: {type: text, title: 内容}}
"""
PASSWORD = "correct horse battery"


@pytest.fixture
def sandbox(office: Trial) -> Sandbox:
    return Sandbox(office.app)


def inside(principal: Principal) -> Principal:
    return replace(principal, org=HERE)


def tried(office: Trial, version: int | None = None) -> Case:
    """Open a case in the sandbox."""
    case: Case = office.app.service.open(inside(OFFICE), "trial", version=version, data={"topic": "试路灯"}).result().case
    return case


def rows_of(office: Trial, org: str) -> dict[str, int]:
    """Count the rows of an organisation in every table that has any."""
    with office.app.store.read() as reader:
        counts = {
            name: reader.execute(select(func.count()).select_from(table).where(table.c.org == org)).scalar_one()
            for name, table in metadata.tables.items()
        }
    return {name: count for name, count in counts.items() if count}


def fire_all(office: Trial) -> None:
    while office.app.service.fire_due(office.clock.now(), 50).result().fired:
        pass


def people(office: Trial) -> SignIn:
    """Enter two people and a unit in the body; one of them has no password."""
    sign_in = SignIn(office.app.store, office.app.lane, ORG, session_hours=12)
    sign_in.create_person(ADMIN, "li", "李", PASSWORD, ["office"], unit="street")
    sign_in.create_person(ADMIN, "mute", "莫", None, ["member"])
    office.app.lane.write(lambda batch, _: batch.put(UnitRecord(ORG, "street", '{"zh-CN":"街道"}', None)))
    return sign_in


def test_a_draft_is_published_in_the_sandbox_alone(office: Trial, sandbox: Sandbox) -> None:
    before = rows_of(office, ORG)
    drafted = sandbox.publish(DESIGNER, [(DRAFT, "trial.yaml")])
    assert [(each.version, each.new) for each in drafted.published] == [(2, True)]
    assert rows_of(office, ORG) == before
    assert office.open().definition_version == 1
    assert tried(office).definition_version == 2
    with pytest.raises(NotFound):
        office.app.registry.published(ORG, "trial", 2)
    lines = Catalogue(office.app).definitions(inside(OFFICE), "en", "trial")["definitions"]
    assert [line["version"] for line in lines] == [2, 1]


def test_a_draft_with_mistakes_is_refused_there_too(sandbox: Sandbox) -> None:
    with pytest.raises(DefinitionRefused):
        sandbox.publish(DESIGNER, [(DRAFT.replace("to: work", "to: wrok"), "trial.yaml")])


def test_nothing_the_body_asks_for_shows_a_trial(office: Trial, sandbox: Sandbox) -> None:
    sandbox.publish(DESIGNER, [(DRAFT, "trial.yaml")])
    real, case = office.open(), tried(office)
    office.app.service.act(inside(OFFICE), case.id, "accept", data={"n": 1}).result()
    reading = Reading(office.app)
    assert [each["id"] for each in reading.cases(ADMIN, EVERY_CASE, "en", cursor=None, limit=50)["cases"]] == [real.id]
    assert [each["id"] for each in reading.cases(inside(ADMIN), EVERY_CASE, "en", cursor=None, limit=50)["cases"]] == [case.id]
    with pytest.raises(NotFound):
        reading.case(ADMIN, case.id, "en")
    with pytest.raises(NotFound):
        office.app.service.act(OFFICE, case.id, "call").result()
    with pytest.raises(NotFound):
        reading.case(inside(ADMIN), real.id, "en")
    assert [task["case"] for task in reading.inbox(OFFICE, "en", cursor=None, limit=50)["tasks"]] == [real.id]
    Sealer(office.app).run_once(START)
    seen = reading.audit(ADMIN, EventFilter(), cursor=None, limit=50)["events"]
    assert {event["case"] for event in seen} == {real.id}


def test_its_log_and_its_notices_are_its_own(office: Trial, sandbox: Sandbox) -> None:
    sandbox.publish(DESIGNER, [(DRAFT, "trial.yaml")])
    case = tried(office)
    office.clock.instant += 4 * DAY
    fire_all(office)
    Sealer(office.app).run_once(office.clock.now())
    assert Relay(office.app).run_once(office.clock.now()) > 0
    with office.app.store.read() as reader:
        assert unread_notices(reader, ORG, roles=["office", "member"], unit=None, person="li") == []
        assert {each.case_id for each in unread_notices(reader, HERE, roles=["office"], unit=None, person="li")} == {case.id}
        assert log_after(reader, ORG, 0) == []
        assert [each.log_index for each in log_after(reader, HERE, 0)][:1] == [1]


def test_numbers_are_of_a_series_of_its_own_and_marked(office: Trial, sandbox: Sandbox) -> None:
    sandbox.publish(DESIGNER, [(DRAFT, "trial.yaml")])
    for _ in range(2):
        office.app.service.act(inside(OFFICE), tried(office).id, "accept", data={"n": 1}).result()
    real = office.act(office.open(), "accept", data={"n": 1})
    assert real.case.number == "2026议001"
    with office.app.store.read() as reader:
        assert [each.last for each in list_number_series(reader, ORG)] == [1]
        assert [each.last for each in list_number_series(reader, HERE)] == [2]
    case = office.app.service.act(inside(OFFICE), tried(office).id, "accept", data={"n": 1}).result().case
    assert case.number == "试-2026议003"
    with office.app.store.read() as reader:
        row = get_case(reader, HERE, case.id)
        assert row is not None
        assert rebuilt(events_of_case(reader, HERE, case.id)) == to_case(row)
    assert Reading(office.app).case(inside(OFFICE), case.id, "en")["trial"] is True
    assert Reading(office.app).case(OFFICE, real.case.id, "en")["trial"] is False


def test_a_changed_draft_of_the_same_version_takes_the_place_of_the_one_before_and_its_trials_go(office: Trial, sandbox: Sandbox) -> None:
    sandbox.publish(DESIGNER, [(DRAFT, "trial.yaml")])
    gone, kept = tried(office), tried(office, version=1)
    again = sandbox.publish(DESIGNER, [(DRAFT, "trial.yaml")])
    assert (again.published[0].new, again.trials_gone) == (False, 0)
    changed = sandbox.publish(DESIGNER, [(DRAFT.replace("2 working days", "3 working days"), "trial.yaml")])
    assert (changed.published[0].new, changed.trials_gone) == (True, 1)
    reading = Reading(office.app)
    with pytest.raises(NotFound):
        reading.case(inside(ADMIN), gone.id, "en")
    with office.app.store.read() as reader:
        assert events_of_case(reader, HERE, gone.id) == []
    assert reading.case(inside(ADMIN), kept.id, "en")["definition_version"] == 1
    assert office.app.service.act(inside(OFFICE), kept.id, "accept", data={"n": 1}).result().case.configuration == ("work",)
    (deadline,) = tried(office).snapshot["deadlines"].values()
    assert deadline["term"] == "3 working days"
    office.clock.instant += 30 * DAY
    fire_all(office)
    Sealer(office.app).run_once(office.clock.now())


def test_a_changed_draft_with_mistakes_leaves_the_trials_alone(office: Trial, sandbox: Sandbox) -> None:
    sandbox.publish(DESIGNER, [(DRAFT, "trial.yaml")])
    case = tried(office)
    with pytest.raises(DefinitionRefused):
        sandbox.publish(DESIGNER, [(DRAFT.replace("to: work", "to: wrok"), "trial.yaml")])
    assert Reading(office.app).case(inside(ADMIN), case.id, "en")["id"] == case.id


def test_in_the_body_a_published_version_still_never_changes(office: Trial) -> None:
    with pytest.raises(VersionPublished):
        office.app.registry.publish(ADMIN, TRIAL.replace("5 working days", "6 working days"), "trial.yaml", START)


def test_the_people_of_the_body_sign_in_with_their_own_password_and_roles(office: Trial, sandbox: Sandbox) -> None:
    sign_in = people(office)
    found = sandbox.reset(DESIGNER)
    assert (found.organisation, found.people, found.definitions) == (HERE, 2, 1)
    session = sign_in.sign_in("li", PASSWORD, sandbox=True)
    assert (session.principal.org, session.principal.roles, session.principal.unit) == (HERE, frozenset({"office"}), "street")
    assert sign_in.session(session.token).principal.org == HERE
    assert sign_in.sign_in("li", PASSWORD).principal.org == ORG
    with office.app.store.read() as reader:
        copied = get_person(reader, HERE, "li")
    assert copied is not None
    assert copied.password_hash is None
    for person, password in (("li", "wrong password"), ("mute", ""), ("nobody", PASSWORD)):
        with pytest.raises(NotAuthenticated):
            sign_in.sign_in(person, password, sandbox=True)
    sign_in.sign_out(session.token)
    with pytest.raises(NotAuthenticated):
        sign_in.session(session.token)


def test_who_may_not_sign_in_to_the_body_any_more_may_not_in_the_sandbox(office: Trial, sandbox: Sandbox) -> None:
    sign_in = people(office)
    sandbox.reset(DESIGNER)
    session = sign_in.sign_in("li", PASSWORD, sandbox=True)
    with office.app.store.read() as reader:
        row = get_person(reader, ORG, "li")
    assert row is not None
    disabled = row._replace(disabled_at=START)
    office.app.lane.write(lambda batch, _: batch.put(disabled))
    with pytest.raises(NotAuthenticated):
        sign_in.sign_in("li", PASSWORD, sandbox=True)
    with pytest.raises(NotAuthenticated):
        SignIn(office.app.store, office.app.lane, ORG, session_hours=12).session(session.token)


def test_who_is_entered_in_the_sandbox_is_of_the_sandbox(office: Trial, sandbox: Sandbox) -> None:
    sign_in = people(office)
    sandbox.reset(DESIGNER)
    sign_in.create_person(inside(ADMIN), "probe", "试", PASSWORD, ["office"])
    assert sign_in.sign_in("probe", PASSWORD, sandbox=True).principal.org == HERE
    with pytest.raises(NotAuthenticated):
        sign_in.sign_in("probe", PASSWORD)
    assert {each["id"]: each["may_sign_in"] for each in sign_in.people(inside(ADMIN))} == {"li": True, "mute": False, "probe": True}
    assert {each["id"] for each in sign_in.people(ADMIN)} == {"li", "mute"}


def test_a_key_is_for_the_sandbox_with_any_role_and_passes_on_no_right_that_its_maker_lacks(office: Trial, sandbox: Sandbox) -> None:
    sandbox.publish(DESIGNER, [(DRAFT, "trial.yaml")])
    made = sandbox.create_key(DESIGNER, "li", ["office", "member", "designer"])
    principal = Access(office.app.store, office.app.lane).authenticate(made.secret)
    assert (principal.id, principal.org, principal.rights) == ("li", HERE, frozenset({"publish", "read"}))
    assert office.app.service.open(principal, "trial", data={"topic": "路灯"}).result().case.org == HERE
    for role in ("admin", "auditor", "recorder", "operator"):
        with pytest.raises(NotAllowed):
            sandbox.create_key(DESIGNER, "li", [role])
    with pytest.raises(NotAllowed):
        sandbox.create_key(OFFICE, "li", ["office"])


def test_nobody_has_a_right_over_the_installation_there() -> None:
    assert {"clock", "metrics"} <= ADMIN.rights
    assert inside(ADMIN).rights == ADMIN.rights - {"clock", "metrics"}


def test_a_reset_leaves_nothing_but_what_a_sandbox_begins_with_and_of_the_body_everything(office: Trial, sandbox: Sandbox) -> None:
    people(office)
    sandbox.publish(DESIGNER, [(DRAFT, "trial.yaml")])
    sandbox.create_key(DESIGNER, "li", ["office"])
    case = tried(office)
    office.app.service.act(inside(OFFICE), case.id, "accept", data={"n": 1}).result()
    office.app.service.comment(inside(OFFICE), case.id, "试试看").result()
    office.open()
    Sealer(office.app).run_once(START)
    Relay(office.app).run_once(START)
    tried(office)
    body, trials = rows_of(office, ORG), rows_of(office, HERE)
    assert {"case_event", "log_entry", "event_payload", "deadline", "task", "number_series", "api_key", "unsealed"} <= trials.keys()
    sandbox.reset(DESIGNER)
    assert rows_of(office, HERE) == {"person": 2, "unit": 1, "definition": 1, "service_state": 1}
    assert rows_of(office, ORG) == body
    assert tried(office).definition_version == 1
    Sealer(office.app).run_once(START)
    with office.app.store.read() as reader:
        assert [each.log_index for each in log_after(reader, HERE, 0)] == [1]


def test_registries_are_taken_over_empty_and_a_draft_may_bring_its_own(office: Trial, sandbox: Sandbox) -> None:
    """Rows may hold fields that whoever is given a role in the sandbox may not see in the body."""
    publish(office.app, ADMIN, [(NOTES, "notes.yaml")])
    office.app.rows.add(OFFICE, "notes", {"code": "1", "text": "内部"}).result()
    sandbox.reset(DESIGNER)
    assert "registry_row" in rows_of(office, ORG)
    assert rows_of(office, HERE).keys() >= {"registry_definition"}
    assert "registry_row" not in rows_of(office, HERE)
    drafted = sandbox.publish(DESIGNER, [(NOTES.replace("notes", "remarks"), "remarks.yaml")])
    assert [each.new for each in drafted.published] == [True]
    office.app.rows.add(inside(OFFICE), "remarks", {"code": "1", "text": "试"}).result()
    with pytest.raises(NotFound):
        office.app.rows.add(OFFICE, "remarks", {"code": "1", "text": "试"}).result()


def test_it_needs_the_right_to_publish(sandbox: Sandbox) -> None:
    with pytest.raises(NotAllowed):
        sandbox.reset(OFFICE)
    with pytest.raises(NotAllowed):
        sandbox.publish(OFFICE, [(DRAFT, "trial.yaml")])


def test_it_is_emptied_while_the_sweep_and_the_sealer_work(database_url: str, tmp_path: Path) -> None:
    """On PostgreSQL they write to the same rows from a connection of their own."""
    with trial(database_url, tmp_path, threads=True) as office:
        sandbox = Sandbox(office.app)
        for _ in range(5):
            sandbox.publish(DESIGNER, [(DRAFT, "trial.yaml")])
            cases = [tried(office) for _ in range(20)]
            office.clock.instant += 3 * DAY
            firing = [office.app.service.fire_due(office.clock.now(), 50) for _ in range(3)]
            sandbox.reset(DESIGNER)
            Sealer(office.app).run_once(office.clock.now())
            assert all(each.result().failed == () for each in firing)
            with office.app.store.read() as reader:
                assert all(get_case(reader, HERE, case.id) is None for case in cases)
