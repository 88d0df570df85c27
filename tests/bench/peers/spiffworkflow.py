"""SpiffWorkflow: a BPMN process of twelve manual tasks; each step loads the workflow's JSON, runs a task, saves it and an audit row."""

from __future__ import annotations

import itertools
import json
from typing import Any

from SpiffWorkflow.bpmn import BpmnWorkflow  # type: ignore[import-not-found,unused-ignore]
from SpiffWorkflow.bpmn.parser import BpmnParser  # type: ignore[import-not-found,unused-ignore]
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer  # type: ignore[import-not-found,unused-ignore]
from SpiffWorkflow.util.task import TaskState  # type: ignore[import-not-found,unused-ignore]

from tests.bench.consultation import ACTOR, REMARK, STEPS, instant
from tests.bench.measure import Reading, Setting, one_client
from tests.bench.tables import CASES, connect_sqlite, fill_sqlite

PROCESS = "case"
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"


def bpmn() -> bytes:
    """Draw the steps in a row: start, a manual task each, end. BPMN ends where our case begins again."""
    nodes = ["start", *(step.action for step in STEPS), "end"]
    flows = "".join(f'<sequenceFlow id="f{n}" sourceRef="{a}" targetRef="{b}"/>' for n, (a, b) in enumerate(itertools.pairwise(nodes)))
    tasks = "".join(
        f'<manualTask id="{step.action}" name="{step.action}"><incoming>f{n}</incoming><outgoing>f{n + 1}</outgoing></manualTask>'
        for n, step in enumerate(STEPS)
    )
    return (
        f'<definitions xmlns="{BPMN}" id="d" targetNamespace="urn:bench"><process id="{PROCESS}" isExecutable="true">'
        f'<startEvent id="start"><outgoing>f0</outgoing></startEvent>{tasks}'
        f'<endEvent id="end"><incoming>f{len(STEPS)}</incoming></endEvent>{flows}</process></definitions>'
    ).encode()


def fresh_workflow() -> Any:
    parser = BpmnParser()
    parser.add_bpmn_str(bpmn())
    workflow = BpmnWorkflow(parser.get_spec(PROCESS), parser.get_subprocess_specs(PROCESS))
    workflow.do_engine_steps()
    return workflow


def run(setting: Setting) -> Reading:
    """Measure steps committed by one client."""
    path = setting.folder / "spiff.db"
    fill_sqlite(path)
    serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure())
    fresh = serializer.serialize_json(fresh_workflow())
    execute = connect_sqlite(path).execute
    execute("CREATE TABLE workflows(case_id INTEGER PRIMARY KEY, body TEXT NOT NULL)")
    # A BPMN process has an end: each of its runs is a case of its own, so there have to be enough.
    execute("INSERT INTO workflows WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i, ? FROM n", (CASES, fresh))
    cases = iter(range(1, CASES + 1))

    def one_case() -> int:
        case = next(cases)
        for step in STEPS:
            execute("BEGIN IMMEDIATE")
            workflow = serializer.deserialize_json(execute("SELECT body FROM workflows WHERE case_id = ?", (case,)).fetchone()[0])
            task = workflow.get_next_task(state=TaskState.READY, manual=True)
            if task.task_spec.name != step.action:
                raise RuntimeError(f"case {case} waits for {task.task_spec.name}, not for {step.action}")
            task.run()
            workflow.do_engine_steps()
            now = instant().isoformat()
            execute("UPDATE workflows SET body = ? WHERE case_id = ?", (serializer.serialize_json(workflow), case))
            execute("UPDATE cases SET state = ?, version = version + 1, changed_at = ? WHERE id = ?", (step.target, now, case))
            execute(
                "INSERT INTO events(case_id, actor, action, source, target, at, remark) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (case, ACTOR, step.action, step.source, step.target, now, json.dumps(REMARK)),
            )
            execute("COMMIT")
        return len(STEPS)

    return one_client(one_case, setting)
