"""`yishi serve`: the server."""

from __future__ import annotations

import ipaddress
import signal
import socket
from typing import Annotated

import typer
import uvicorn

from api.commands.failing import Misused
from api.commands.here import here
from api.commands.options import command_app
from api.commands.screen import show_line
from api.logging import set_up_logging
from engine.settings import Settings

app = command_app()

BACKLOG = 2048
PATIENCE = 20
"""Seconds that requests under way have to end when the server is stopped."""


@app.command()
def serve_command(
    context: typer.Context,
    public: Annotated[bool, typer.Option("--public", help="Allow an address that others than this machine can reach.")] = False,
) -> None:
    """Serve HTTP on YISHI_BIND until a signal ends it."""
    settings = here(context).settings
    if not public and not is_loopback(settings.host):
        raise Misused(
            f"YISHI_BIND={settings.bind} can be reached from other machines; give --public if that is meant, behind a proxy that does TLS"
        )
    set_up_logging(settings.log)
    serve(settings)


def serve(settings: Settings) -> None:
    """Serve until a signal ends it. The address is printed once connections are taken."""
    from api.app import create_app  # noqa: PLC0415  half of the program, and no other command needs it

    config = uvicorn.Config(
        create_app(settings),
        host=settings.host.strip("[]"),
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        backlog=BACKLOG,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=PATIENCE,
    )
    for ending in (signal.SIGINT, signal.SIGTERM):
        # uvicorn stops in peace, then raises the signal again for whoever was there before: that it was meant is no failure.
        signal.signal(ending, lambda *_: None)
    Server(config).run()


class Server(uvicorn.Server):
    """A server that says where it is once it is there."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then print the address: with the port that was chosen, where 0 was asked for."""
        await super().startup(sockets)
        if self.started:
            for server in self.servers:
                for each in server.sockets:
                    show_line(f"Yishi: {address(each.getsockname())}")


def address(bound: tuple[str, int]) -> str:
    """Write where a socket is bound as an address for a browser."""
    host, port = bound[0], bound[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_loopback(host: str) -> bool:
    """Say whether only this machine reaches an address. Of a name every address has to be such; an empty one means everywhere."""
    bare = host.strip("[]")
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        pass
    if not bare:
        return False
    try:
        found = socket.getaddrinfo(bare, None)
    except OSError:
        raise Misused(f"YISHI_BIND: there is no address {host!r}") from None
    return all(ipaddress.ip_address(str(each[4][0]).partition("%")[0]).is_loopback for each in found)
