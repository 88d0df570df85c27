"""django-fsm-2: a protected state field, an audit row beside it, both through Django's ORM in one transaction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import django  # type: ignore[import-not-found,unused-ignore]
from django.conf import settings  # type: ignore[import-not-found,unused-ignore]

from tests.bench.consultation import ACTOR, FIRST, REMARK, STEPS, Step
from tests.bench.measure import Reading, Setting, one_client
from tests.bench.tables import case_ids, fill_sqlite


def configure(path: Path) -> None:
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": path,
                "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"},
            }
        },
        USE_TZ=True,
        LOGGING_CONFIG=None,
    )
    django.setup()


def models() -> tuple[Any, Any]:
    """Declare the two tables; possible only once Django is configured."""
    from django.db import models as db  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415
    from django_fsm import FSMField, transition  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415

    state = FSMField(default=FIRST, protected=True)

    def act(step: Step) -> Any:
        def taken(_case: Any) -> None:
            """Nothing happens but the change of state."""

        taken.__name__ = step.action
        return transition(field=state, source=step.source, target=step.target)(taken)

    def table(name: str, members: dict[str, Any]) -> Any:
        meta = type("Meta", (), {"app_label": "bench", "db_table": name, "managed": False})
        return type(name.title(), (db.Model,), {"__module__": __name__, "id": db.BigAutoField(primary_key=True), "Meta": meta, **members})

    cases = table(
        "cases",
        {
            "state": state,
            "version": db.IntegerField(),
            "changed_at": db.DateTimeField(auto_now=True),
            **{step.action: act(step) for step in STEPS},
        },
    )
    events = table(
        "events",
        {
            "case_id": db.BigIntegerField(),
            **{name: db.TextField() for name in ("actor", "action", "source", "target")},
            "at": db.DateTimeField(auto_now_add=True),
            "remark": db.JSONField(),
        },
    )
    return cases, events


def run(setting: Setting) -> Reading:
    """Measure steps committed by one client."""
    path = setting.folder / "django.db"
    fill_sqlite(path)
    configure(path)
    from django.db import transaction  # noqa: PLC0415

    cases, events = models()
    ids = case_ids()

    def one_case() -> int:
        case_id = next(ids)
        for step in STEPS:
            with transaction.atomic():
                case = cases.objects.select_for_update().get(pk=case_id)
                source = case.state
                getattr(case, step.action)()
                case.version += 1
                case.save(update_fields=["state", "version", "changed_at"])
                events.objects.create(case_id=case_id, actor=ACTOR, action=step.action, source=source, target=case.state, remark=REMARK)
        return len(STEPS)

    return one_client(one_case, setting)
