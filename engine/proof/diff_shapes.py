"""Which rule each key of the language is compared by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from engine.proof.diff_changes import (
    BREAKS,
    LABEL,
    LOOSENING,
    OTHER,
    TIGHTENING,
    Change,
    Class,
    Judge,
    Rule,
    always,
    condition,
    entries,
    form,
    greater_is,
    in_turn,
    judged,
    limit_judge,
    longer_is,
    more_is,
    options,
    ordered,
    shape,
    stricter_reason,
    wider_is_looser,
)

Settings = Mapping[str, Any]

NOT_COMPARED = frozenset({"workflow", "version", "migrate", "states", "regions"})
"""Keys of the top level: identity, how cases come over, and the states, which are compared one by one under their new names."""

_GONE = "its values do not come over"
_WIDE = "a value outside does not come over"


class Shapes:
    """The rules for two versions; ``settings`` are those of the old and of the new one, for terms that name a setting."""

    def __init__(self, old: Settings, new: Settings, carried: frozenset[str], uses: Mapping[str, frozenset[str]]) -> None:
        """``carried``: items that `migrate.data` reads or writes. ``uses``: setting -> keys that name it."""
        both = (old, new)
        self._longer, self._later = judged(longer_is(LOOSENING, both)), judged(longer_is(TIGHTENING, both))
        self._carried, self._uses = carried, uses
        self.state = shape(
            {
                "title": always(LABEL),
                "outcome": always(OTHER),
                "final": always(BREAKS, "cases that go on here cannot come over"),
                "actions": entries(shape(self._action()), LOOSENING, TIGHTENING),
                "receive": entries(shape(self._transition()), OTHER, OTHER),
                "always": shape(self._transition()),
                "done": shape(self._transition()),
                "deadlines": entries(self._deadline(), TIGHTENING, LOOSENING, "what runs of it ends as cancelled"),
                "entry": shape({}),
                "exit": shape({}),
                "parties": entries(self._parties(), OTHER, BREAKS, "what was signed does not come over"),
                "ballots": entries(
                    shape({"title": always(LABEL), "eligible": judged(condition), "voters": judged(more_is(LOOSENING))}), OTHER, BREAKS
                ),
                "children": entries(shape({"title": always(LABEL)}), OTHER, BREAKS),
            }
        )
        self.top = {
            "title": always(LABEL),
            "language": always(LABEL),
            "settings": self._settings,
            "lists": entries(options, OTHER, OTHER),
            "roles": entries(shape({"title": always(LABEL), "bound": judged(_presence(TIGHTENING))}), OTHER, TIGHTENING),
            "duties": ordered(always(OTHER), _duty, lambda _, __: TIGHTENING, lambda _, __: LOOSENING),
            "data": self._data,
            "documents": entries(shape(_DOCUMENT), OTHER, OTHER, "what was attached does not come over"),
            "start": shape(self._action(), LOOSENING, TIGHTENING),
            "anywhere": shape(
                {
                    "actions": entries(shape(self._action()), LOOSENING, TIGHTENING),
                    "receive": entries(shape(self._transition()), OTHER, OTHER),
                    "deadlines": entries(self._deadline(), TIGHTENING, LOOSENING, "what runs of it ends as cancelled"),
                }
            ),
            "reopen": entries(
                shape(
                    {
                        **self._action(),
                        "from": judged(more_is(LOOSENING)),
                        "within": self._longer,
                        "at_most": judged(greater_is(LOOSENING, absent=TIGHTENING)),
                    }
                ),
                LOOSENING,
                TIGHTENING,
            ),
            "indicators": entries(shape({"title": always(LABEL)}), OTHER, OTHER),
        }

    # --- parts ------------------------------------------------------------------------------------------------------

    def _transition(self) -> dict[str, Rule]:
        return {
            "title": always(LABEL),
            "guard": judged(condition),
            "cycles": shape({"at_most": judged(greater_is(LOOSENING))}, TIGHTENING, LOOSENING),
            "choice": in_turn(shape({"cycles": shape({"at_most": judged(greater_is(LOOSENING))}, TIGHTENING, LOOSENING)})),
        }

    def _action(self) -> dict[str, Rule]:
        return {
            **self._transition(),
            "by": judged(more_is(LOOSENING)),
            "asked_by": judged(more_is(LOOSENING, absent=TIGHTENING)),
            "refuse": shape({"text": always(LABEL)}, LABEL, LABEL),
            "form": form,
            "reason": judged(stricter_reason),
            "requires": ordered(
                shape({"when": judged(condition)}), lambda each: str(each["document"]), lambda _, __: TIGHTENING, lambda _, __: LOOSENING
            ),
            "signed": judged(more_is(TIGHTENING)),
            "limit": judged(limit_judge),
            "except": judged(more_is(TIGHTENING)),
        }

    def _parties(self) -> Rule:
        grant: dict[str, Rule] = {
            "by": judged(more_is(LOOSENING)),
            "asked_by": judged(more_is(LOOSENING, absent=TIGHTENING)),
            "reason": judged(stricter_reason),
        }
        return shape(
            {
                "title": always(LABEL),
                "form": form,
                "requires": self._action()["requires"],
                "verdicts": options,
                "refusing": judged(more_is(TIGHTENING)),
                "deadlines": entries(self._deadline(), TIGHTENING, LOOSENING, "what runs of it ends as cancelled"),
                **dict.fromkeys(("add", "remove", "waive"), shape(grant, LOOSENING, TIGHTENING)),
            }
        )

    def _deadline(self) -> Rule:
        extend: dict[str, Rule] = {
            "by": judged(more_is(LOOSENING)),
            "asked_by": judged(more_is(LOOSENING, absent=TIGHTENING)),
            "up_to": self._longer,
            "add": self._longer,
            "at_most": judged(greater_is(LOOSENING, absent=LOOSENING)),
            "before_due": judged(_presence(TIGHTENING)),
            "reason": judged(stricter_reason),
        }
        return shape(
            {
                "title": always(LABEL),
                "basis": always(LABEL),
                "within": self._longer,
                "lead": self._later,
                "hour": judged(greater_is(LOOSENING)),
                "guard": judged(_presence(LOOSENING)),
                "paused_in": judged(more_is(LOOSENING)),
                "reentry": judged(_presence(TIGHTENING)),
                "extend": shape(extend, LOOSENING, TIGHTENING),
                "rungs": ordered(shape({"title": always(LABEL)}), lambda each: str(each["at"]), _rung, _no_rung),
            }
        )

    def _data(self, old: Any, new: Any) -> Iterator[Change]:
        """Compare the items; one that `migrate.data` takes care of breaks nothing."""
        fits = {"type": always(BREAKS, _GONE), "of": always(BREAKS, _GONE), "scale": always(BREAKS, _GONE)}
        for change in entries(shape({**_ITEM, **fits}), OTHER, BREAKS, _GONE)(old, new):
            kind = OTHER if change.kind is BREAKS and change.path[0] in self._carried else change.kind
            yield Change(
                kind, change.path, change.old, change.new, change.note if kind is change.kind else "`migrate.data` carries it over"
            )

    def _settings(self, old: Any, new: Any) -> Iterator[Change]:
        """Compare the settings; what a longer term means hangs on the keys that name it."""
        for change in entries(shape(_SETTING), OTHER, OTHER)(old, new):
            name, *rest = change.path
            if rest[:1] != ["default"]:
                yield change
                continue
            match new[name].get("type"):
                case "term":
                    yield replace(change, kind=self._term(str(name), change.old, change.new))
                case "options":
                    found = options(change.old, change.new)
                    yield from (replace(each, path=(*change.path, *each.path)) for each in found)
                case _:
                    yield change

    def _term(self, name: str, old: Any, new: Any) -> Class:
        """Judge the default of a term that other keys name: a longer lead is an earlier due day."""
        keys = self._uses.get(name, frozenset())
        if not keys or ("lead" in keys and len(keys) > 1):
            return OTHER
        return longer_is(TIGHTENING if "lead" in keys else LOOSENING, ({}, {}))(old, new)


_SETTING: dict[str, Rule] = {"title": always(LABEL), "basis": always(LABEL), "between": judged(wider_is_looser)}
_ITEM: dict[str, Rule] = {
    "title": always(LABEL),
    "max": judged(greater_is(LOOSENING, absent=TIGHTENING), _WIDE),
    "between": judged(wider_is_looser, _WIDE),
    "pattern": judged(lambda old, new: TIGHTENING if old is None else LOOSENING if new is None else OTHER, _WIDE),
    "options": options,
    "methods": options,
    "fields": entries(
        shape({"title": always(LABEL), "type": always(BREAKS, _GONE), "of": always(BREAKS, _GONE), "options": options}),
        OTHER,
        BREAKS,
        _GONE,
    ),
    "seen_by": judged(more_is(LOOSENING, absent=TIGHTENING)),
    "sealed_until": judged(lambda old, new: TIGHTENING if old is None else LOOSENING if new is None else OTHER),
}
_DOCUMENT: dict[str, Rule] = {
    "title": always(LABEL),
    "template": always(LABEL),
    "attached_by": judged(more_is(LOOSENING, absent=TIGHTENING)),
    "approved_by": judged(more_is(LOOSENING, absent=TIGHTENING)),
    "seen_by": judged(more_is(LOOSENING, absent=TIGHTENING)),
    "per": judged(lambda old, new: TIGHTENING if old is None else LOOSENING if new is None else OTHER),
}


def _presence(kind: Class) -> Judge:
    """Judge something that is there or not; where it is there in both, it only is another."""
    return lambda old, new: kind if not old else {TIGHTENING: LOOSENING, LOOSENING: TIGHTENING}[kind] if not new else OTHER


def _duty(each: Any) -> tuple[Any, ...]:
    return tuple((kind, frozenset(acts)) for kind, acts in each.items())


def _rung(_: Any, new: Any) -> Class:
    return TIGHTENING if "act" in new or "escalate" in new else OTHER


def _no_rung(old: Any, _: Any) -> Class:
    return LOOSENING if "act" in old or "escalate" in old else OTHER
