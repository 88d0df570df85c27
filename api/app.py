"""The server put together: the services, the routes, what stands around them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version

from anyio.to_thread import current_default_thread_limiter, run_sync
from fastapi import FastAPI
from fastapi.concurrency import contextmanager_in_threadpool

from api import openapi
from api.console import excel, figures, pages
from api.deps import Desk
from api.handlers import handle_errors
from api.log import RequestLog
from api.pictures import pictures_for
from api.request_meter import RequestMeter
from api.routers import (
    access,
    actions,
    calendars,
    cases,
    clock,
    definitions,
    diagrams,
    documents,
    groups,
    health,
    inbox,
    indicators,
    interface,
    metrics,
    migrations,
    registries,
    sandbox,
    trail,
)
from engine.runtime.access import Access
from engine.runtime.application import Application, opened
from engine.runtime.catalogue import Catalogue
from engine.runtime.documents import Documents
from engine.runtime.figures import Figures
from engine.runtime.reading import Reading
from engine.runtime.row_import import RowImport
from engine.runtime.row_reading import RowReading
from engine.runtime.sandbox import Sandbox
from engine.runtime.sign_in import SignIn
from engine.scheduler.scheduler import Scheduler
from engine.scheduler.sweep import Sweep
from engine.settings import Settings

TITLE = "Yishi 议事"
DESCRIPTION = "Consultation processes as state machines. Every change of a case is one action, with its reasons when it is refused."
THREADS = 8
"""Reads, files and passwords share so many threads; there are no more connections to read with anyway."""

# The fast route first: routes are tried in order.
ROUTERS = (
    *(actions, cases, groups, trail, documents, registries, definitions, diagrams, migrations, sandbox),
    *(inbox, indicators, calendars, clock, access, health, metrics, interface, figures, excel, pages),
)


def create_app(settings: Settings) -> FastAPI:
    """Make the application. What it stands on is opened when it starts and closed when it stops."""
    meter = RequestMeter()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = THREADS
        async with contextmanager_in_threadpool(opened(settings, serve=True)) as application:
            scheduler = Scheduler(application) if settings.scheduler else None
            app.state.desk = desk_for(application, scheduler.sweep if scheduler else Sweep(application), meter)
            if scheduler:
                scheduler.start()
            try:
                yield
            finally:
                if scheduler:
                    await run_sync(scheduler.stop)

    app = FastAPI(lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.add_middleware(RequestLog, meter=meter)
    handle_errors(app)
    for module in ROUTERS:
        # As plain routes: an included router is asked, and looked through, once more for every request.
        app.router.routes.extend(module.router.routes)
    openapi.finish(app, TITLE, installed_version(), DESCRIPTION)
    return app


def installed_version() -> str:
    """Give the version of the package, ``unknown`` where it runs without having been installed."""
    try:
        return version("yishi")
    except PackageNotFoundError:
        return "unknown"


def desk_for(application: Application, sweep: Sweep, meter: RequestMeter) -> Desk:
    """Put the services together that the routes stand on."""
    settings = application.settings
    return Desk(
        application=application,
        access=Access(application.store, application.lane),
        sign_in=SignIn(application.store, application.lane, application.org, session_hours=settings.session_hours),
        sandbox=Sandbox(application),
        reading=Reading(application),
        rows=RowReading(application),
        figures=Figures(application),
        imports=RowImport(application),
        documents=Documents(settings.files, settings.upload_limit),
        catalogue=Catalogue(application),
        pictures=pictures_for(settings),
        sweep=sweep,
        meter=meter,
    )
