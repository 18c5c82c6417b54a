"""Objects of a run as its state machine writes them."""

from typing import Any

Object = dict[str, Any]
NAME = "2026-ca-7"


def plan(pages: int, certificates: int) -> Object:
    return {
        "execution": NAME,
        "pages": pages,
        "certificates": certificates,
        "digest": "ab" * 32,
        "summary": {"would_inactivate": certificates},
    }


def outcome(page: int, certificates: int = 100, errors: list[Object] | None = None, **summary: int) -> Object:
    told = {"inactivated": certificates, "already_inactive": 0, "refused": 0, "failed": 0, **summary}
    return {
        "page": page,
        "certificates": certificates,
        "parts": 1,
        "summary": told,
        "errors": errors or [],
        "failure": None,
        "mac": "cd" * 32,
    }


def report(pages: int, *, as_planned: bool = True) -> Object:
    times = {"begun_at": "2026-11-28T09:00:00.000Z", "planned_at": "2026-11-28T09:05:00.000Z", "ended_at": "2026-11-28T12:31:00.000Z"}
    return {"execution": NAME, "pages": pages, "as_planned": as_planned, **times}


def run(pages: int, done: int) -> dict[str, Object]:
    """A run with pages of each kind, by key."""
    refused = [{"code": "conflict", "count": 20, "examples": [{"certificate": "0a", "detail": "changed since"}]}]
    kinds = [
        lambda page: outcome(page),
        lambda page: outcome(page),
        lambda page: outcome(page, inactivated=60, already_inactive=40),
        lambda page: outcome(page, errors=refused, inactivated=80, refused=20),
        lambda page: outcome(page, inactivated=95, failed=5),
        lambda page: outcome(page, inactivated=30),
    ]
    objects = {f"outcomes/{page:06}.json": kinds[page % len(kinds)](page) for page in range(1, done + 1)}
    # The last page is not full.
    objects["plan.json"] = plan(pages, 100 * pages - (40 if done < pages else 0))
    if done == pages:
        objects["report.json"] = report(pages)
    return {f"{NAME}/{key}": value for key, value in objects.items()}
