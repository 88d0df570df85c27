"""Processes for the benches of the designer's desk: one of 60 states, one of 30, and two with a million configurations.

The first two are stages with steps, two regions of four states, loops with budgets, guards, deadlines.
"""

from __future__ import annotations

STEPS = 4
"""Steps of a stage; with the stage itself, ten stages are fifty states; what is in the regions, around them and after is some more."""
REGIONS = 10
"""Regions of four states each that make 4 to the tenth, a million, configurations."""


def stage(number: int, stages: int) -> str:
    """Write one stage: its steps, with a way back, and a gate on what was filled in before."""
    after = f"stage{number + 1}" if number < stages - 1 else "both"
    steps = []
    for step in range(STEPS):
        last = step == STEPS - 1
        forward = (
            f"choice: [{{guard: data.amount > {number} && data.kind == 'road', notify: head, to: {after}}}, {{to: {after}}}]"
            if last
            else f"to: step{step + 1}"
        )
        back = (
            f"\n          back: {{by: [office, clock], reason: required, to: step{step - 1}, cycles: {{at_most: 3, then: dropped}}}}"
            if step
            else ""
        )
        guard = ", guard: data.urgent || size(data.visits) > 0" if step == 1 else ""
        act = ", {at: 5 working days after, act: back}" if step else ""
        steps.append(f"""
      step{step}:
        title: {{zh-CN: 步骤{number}.{step}, en: Step {number}.{step}}}
        deadlines:
          due: {{within: {number + step + 2} working days, basis: default, paused_in: suspended, rungs: [{{at: 80 %, notify: owner}}{act}]}}
        actions:
          go: {{title: {{zh-CN: 推进, en: Go on}}, by: office, form: [note?, amount, kind]{guard}, {forward}}}
          visit: {{title: {{zh-CN: 踏勘, en: Visit}}, by: [office, head], form: [visits+]}}{back}""")
    return f"""
  stage{number}:
    title: {{zh-CN: 阶段{number}, en: Stage {number}}}
    owner: office
    initial: step0
    states:{"".join(steps)}"""


def region(name: str) -> str:
    """Write one region of four states."""
    return f"""
      {name}:
        initial: one
        states:
          one: {{actions: {{{name}_open: {{by: office, to: two}}}}}}
          two: {{actions: {{{name}_write: {{by: office, form: [note], to: three}}, {name}_drop: {{by: head, to: one, cycles: {{at_most: 2, then: three}}}}}}}}
          three: {{actions: {{{name}_sign: {{by: head, to: four}}}}}}
          four: {{final: true}}"""


def staged(stages: int) -> str:
    """Write a process of so many stages, and two regions of four states."""
    return f"""\
workflow: large
version: 1
title: {{zh-CN: 大流程, en: Large}}
calendar: cn
roles: {{office: {{title: {{zh-CN: 办公室, en: Office}}}}, head: {{title: {{zh-CN: 负责人, en: Head}}}}}}
duties: [{{different_person: [left_write, left_sign]}}]
data:
  note: {{type: text}}
  amount: {{type: int, between: [0, 1000]}}
  kind: {{type: choice, options: {{road: {{zh-CN: 路, en: Road}}, lift: {{zh-CN: 梯, en: Lift}}, other: {{zh-CN: 他, en: Other}}}}}}
  urgent: {{type: bool, default: false}}
  agreed: {{type: bool}}
  visits: {{type: list, of: record, default: [], fields: {{place: {{type: text}}, on: {{type: date}}}}}}
start: {{by: office, form: [note, urgent?]}}
initial: stage0
states:{"".join(stage(number, stages) for number in range(stages))}
  both:
    title: {{zh-CN: 会办, en: Both}}
    owner: office
    regions:{region("left")}{region("right")}
    done: {{to: deciding}}
  deciding:
    title: {{zh-CN: 决定, en: Deciding}}
    owner: head
    actions:
      decide:
        by: head
        form: [agreed]
        choice:
          - {{guard: data.agreed && data.amount >= 10, to: closed}}
          - {{guard: data.agreed, to: closed_small}}
          - {{to: stage0, cycles: {{at_most: 2, then: dropped}}}}
  suspended: {{title: {{zh-CN: 中止, en: Suspended}}, owner: office, actions: {{resume: {{by: office, to: {{history: deep}}}}}}}}
  closed: {{title: {{zh-CN: 办结, en: Closed}}, final: true, outcome: success}}
  closed_small: {{title: {{zh-CN: 小额办结, en: Closed (small)}}, final: true, outcome: success}}
  dropped: {{title: {{zh-CN: 终止, en: Dropped}}, final: true, outcome: failed}}
anywhere:
  actions:
    suspend: {{title: {{zh-CN: 中止, en: Suspend}}, by: office, reason: required, to: suspended, except: suspended}}
"""


def many_regions(*, tied: bool) -> str:
    """Write a process with a million configurations. ``tied``: each region looks at the next, so that none can be explored by itself."""

    def step(number: int, at: int) -> str:
        guard = f", guard: \"In('all.r{(number + 1) % REGIONS}.s{at}')\"" if tied and at == 1 else ""
        return f"s{at}: {{actions: {{go{number}_{at}: {{by: office{guard}, to: s{at + 1}}}, back{number}_{at}: {{by: office, to: s0}}}}}}"

    regions = "".join(
        f"\n      r{number}: {{initial: s0, states: {{{', '.join(step(number, at) for at in range(3))}, s3: {{final: true}}}}}}"
        for number in range(REGIONS)
    )
    return f"""\
workflow: regions
version: 1
title: {{zh-CN: 多方并行, en: Many at once}}
calendar: cn
roles: {{office: {{zh-CN: 办公室, en: Office}}}}
start: {{by: office}}
initial: all
states:
  all:
    regions:{regions}
    done: {{to: closed}}
  closed: {{final: true, outcome: success}}
"""


LARGE, THIRTY = staged(10), staged(3)

if __name__ == "__main__":
    print(LARGE)
