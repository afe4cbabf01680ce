"""The inspector over HTTP: routes, words of the query, and errors as pages. GET only, nothing is written."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from app.web.documents import document_of
from app.web.guard import Guard
from app.web.home import Home
from app.web.pages.items import item_page
from app.web.pages.pamphlets import ItemFilter, pamphlets_page
from app.web.pages.queue import queue_page
from app.web.pages.runs import Mark, run_page, runs_page
from app.web.pages.tasks import call_page, task_page
from app.web.rendering import render
from core.errors import AtlasError, UserError
from memory.items import Kind, Status

Word = TypeVar("Word", bound=StrEnum)

STATIC = Path(__file__).parent / "static"


def make_app(home: Home) -> ASGIApp:
    """The inspector of one home; the caller closes the home."""
    pages = Pages(home)
    routes = [
        Route("/", _to_runs),
        Route("/runs", pages.runs),
        Route("/runs/{run}", pages.run),
        Route("/runs/{run}/tasks/{key:path}", pages.task),
        Route("/runs/{run}/calls/{seq:int}/{key:path}", pages.call),
        Route("/pamphlets", pages.pamphlets),
        Route("/pamphlets/{item}", pages.item),
        Route("/queue", pages.queue),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    handlers = {HTTPException: _refused, AtlasError: _failed, Exception: _broken}
    return Guard(Starlette(routes=routes, exception_handlers=handlers))


class Pages:
    """One method a page; each answers with HTML, or with JSON for `?format=json`."""

    def __init__(self, home: Home) -> None:
        self._home = home

    async def runs(self, request: Request) -> Response:
        self._home.refresh()
        return _answer(request, "runs.html", runs_page(self._home.runs, _page(request)))

    async def run(self, request: Request) -> Response:
        view = run_page(
            self._home.runs,
            request.path_params["run"],
            number=_page(request),
            mark=_word(request, "mark", Mark),
            group=request.query_params.get("group") or None,
        )
        return _answer(request, "run.html", view)

    async def task(self, request: Request) -> Response:
        run, key = request.path_params["run"], request.path_params["key"]
        return _answer(request, "task.html", task_page(self._home.runs, self._home.pamphlets, run, key))

    async def call(self, request: Request) -> Response:
        path = request.path_params
        return _answer(
            request, "call.html", call_page(self._home.runs, path["run"], path["key"], path["seq"])
        )

    async def pamphlets(self, request: Request) -> Response:
        self._home.refresh()
        wanted = ItemFilter(
            scope=request.query_params.get("scope") or None,
            kind=_word(request, "kind", Kind),
            status=_word(request, "status", Status),
            text=request.query_params.get("text", "").strip(),
        )
        return _answer(
            request, "pamphlets.html", pamphlets_page(self._home.pamphlets, wanted, _page(request))
        )

    async def item(self, request: Request) -> Response:
        known = frozenset(run.id for run in self._home.runs.runs())
        view = item_page(self._home.pamphlets, request.path_params["item"], known)
        return _answer(request, "item.html", view)

    async def queue(self, request: Request) -> Response:
        self._home.refresh()
        scope = request.query_params.get("scope") or None
        return _answer(request, "queue.html", queue_page(self._home.pamphlets, scope, _page(request)))


def _answer(request: Request, template: str, view: object) -> Response:
    if _wants_json(request):
        return Response(document_of(view), media_type="application/json")
    as_json = str(request.url.include_query_params(format="json").replace(scheme="", netloc=""))
    return HTMLResponse(render(template, view=view, as_json=as_json, **_vocabulary()))


def _wants_json(request: Request) -> bool:
    return request.query_params.get("format") == "json"


def _vocabulary() -> dict[str, object]:
    """The closed sets that filters choose from."""
    return {"marks": tuple(Mark), "kinds": tuple(Kind), "statuses": tuple(Status)}


def _page(request: Request) -> int:
    text = request.query_params.get("page", "1")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise HTTPException(400, f"no page {text!r}: pages are numbers from 1 on")
    return int(text)


def _word(request: Request, name: str, words: type[Word]) -> Word | None:
    text = request.query_params.get(name, "")
    if not text:
        return None
    if text not in set(words):
        raise HTTPException(400, f"no {name} {text!r}: choose {', '.join(words)}")
    return words(text)


async def _to_runs(request: Request) -> Response:
    return RedirectResponse("/runs")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message = {404: "there is no such page", 405: "the inspector only reads"}.get(error.status_code)
    return _problem(request, error.status_code, message or error.detail)


async def _failed(request: Request, error: Exception) -> Response:
    """What does not exist was asked for by its id; all else is the database's failure."""
    return _problem(request, 404 if isinstance(error, UserError) else 500, str(error))


async def _broken(request: Request, error: Exception) -> Response:
    """The server prints the error itself, after this page is sent."""
    return _problem(request, 500, "this page failed; the terminal of `atlas serve` says why")


def _problem(request: Request, status: int, message: str) -> Response:
    if _wants_json(request):
        document = document_of({"status": status, "error": message})
        return Response(document, status, media_type="application/json")
    return HTMLResponse(render("problem.html", status=status, message=message, as_json=None), status)
