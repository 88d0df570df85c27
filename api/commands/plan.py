"""`yishi plan`: say for each running case what moving it to a version would do. Nothing is recorded."""

from __future__ import annotations

import typer

from api.commands.failing import Exit
from api.commands.gateway import gateway
from api.commands.here import here
from api.commands.moving import Cases, Deadlines, To, Workflow, asked, joined, parts, show_deadlines, show_refused
from api.commands.options import AsJson, command_app
from api.commands.screen import show_json, show_line

app = command_app()


@app.command()
def plan_command(
    context: typer.Context, workflow: Workflow, to: To, deadlines: Deadlines = None, case: Cases = None, as_json: AsJson = False
) -> None:
    """Say for each running case of another version where it would stand and what its deadlines would be; exit with 1 if one cannot move.

    The very command is decided for each case and not recorded, so that the plan is what `yishi migrate` then does.
    """
    with gateway(here(context)) as service:
        plan = joined([*parts(service.migrate, asked(workflow, to, deadlines, case, dry_run=True))])
    if as_json:
        show_json(plan)
    else:
        for planned in (each for each in plan["cases"] if each["moves"]):
            ending = f" ({planned['outcome']})" if planned["outcome"] else ""
            show_line(
                f"{planned['case']} {planned['number'] or ''} version {planned['from_version']}: "
                f"{', '.join(planned['from'])} -> {', '.join(planned['to'])}{ending}",
                style="bold",
            )
            show_deadlines(planned)
            if planned["dropped"]:
                show_line(f"  loses: {', '.join(planned['dropped'])}")
        show_refused([each for each in plan["cases"] if not each["moves"]])
        show_line(f"{plan['moved']} would move, {plan['cannot_move']} cannot")
    if plan["cannot_move"]:
        raise typer.Exit(Exit.PROBLEMS)
