"""An event that has been through most of the loop: a head's work, a department's, photos, a deadline, one like it."""

import io
from uuid import UUID

from PIL import Image, ImageDraw
from sample import NOW, Sample

from gridapp.domain.event import Event, EventAction
from gridapp.domain.record import new_id
from gridapp.domain.unit import Staff, Unit
from gridapp.store import recording
from gridapp.store.attaching import attach
from gridapp.store.drafting import EventDraft, Picture
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork

HOUR = 3_600_000
BLOCKED_PIPE = "0202"


class Loop:
    """Ids of what the tests speak of."""

    def __init__(self) -> None:
        self.event, self.alike, self.parks, self.fitter = (new_id() for _ in range(4))


def become(store: Store, role: str) -> None:
    """The user has this role now."""

    def write(uow: UnitOfWork) -> None:
        uow.connection.execute("UPDATE assignment SET role=?", (role,))
        uow.touch("assignment", [row[0] for row in uow.rows("SELECT id FROM assignment")])

    store.write(write).result()


def photo(colour: tuple[int, int, int]) -> bytes:
    """A picture in which something can be seen."""
    image = Image.new("RGB", (800, 600), colour)
    draw = ImageDraw.Draw(image)
    draw.ellipse((250, 180, 550, 420), fill=tuple(c // 2 for c in colour), outline="white")
    draw.rectangle((0, 430, 800, 600), fill=tuple(c * 3 // 4 for c in colour))
    out = io.BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()


def with_event(store: Store, sample: Sample, *, until: str = "handle", due: int = 70) -> Loop:
    """The event up to and with the step ``until``; ``due``: hours from now to its deadline."""
    loop = Loop()
    store.write(lambda uow: _fill(uow, sample, loop, until, due)).result()
    store.write(_settle).result()
    return loop


def _settle(uow: UnitOfWork) -> None:
    uow.connection.execute("UPDATE outbox SET state='done', live=0")
    uow.connection.execute("DELETE FROM base")
    uow.connection.execute("UPDATE blob SET state='done'")
    uow.touch_sync()


def _fill(uow: UnitOfWork, sample: Sample, loop: Loop, until: str, due: int) -> None:
    uow.create(
        Unit(id=loop.parks, code="D07", name="市政园林", kind="department", dept_type="CITY")
    )
    uow.create(Staff(id=loop.fitter, name="维护一队", user_name="fitter", active=True))
    event = Event(
        id=loop.event,
        grid_id=sample.grid,
        household_id=sample.zhao,
        item_code=BLOCKED_PIPE,
        title="污水管堵塞冒溢",
        text="污水从井口冒出，影响 6 户出行。",
        place="平房院 9 号门口",
        happened_at="2026-11-20T10:02",
        reported_by=uow.who.staff_id,
        source="visit",
        temporary="T-1",
    )
    uow.create(event)
    attach(uow, event, (Picture(photo((120, 110, 100)), "a.jpg", "before"),))
    uow.create(
        Event(
            id=loop.alike,
            grid_id=sample.grid,
            household_id=sample.zhao,
            item_code=BLOCKED_PIPE,
            title="污水又冒出来了",
            text="冒水",
            happened_at="2026-11-08",
            reported_by=uow.who.staff_id,
            source="patrol",
        )
    )
    _steps(uow, sample, loop, until, due)
    recording.report_event(
        uow, EventDraft("0101", "楼道堆了纸箱", "2026-11-19", grid_id=sample.grid, place="3号楼")
    )


def _steps(uow: UnitOfWork, sample: Sample, loop: Loop, until: str, due: int) -> None:
    me, at = uow.who.staff_id, {"event_id": loop.event}
    steps: dict[str, tuple[str, UUID, UUID, dict[str, object]]] = {
        "accept": ("2026-11-20T10:09", me, sample.grid, {}),
        "dispatch": (
            "2026-11-20T10:09",
            me,
            sample.grid,
            {"target_unit_id": loop.parks, "text": "请尽快"},
        ),
        "sign": ("2026-11-20T10:31", loop.fitter, loop.parks, {}),
        "handle": (
            "2026-11-20T14:10",
            loop.fitter,
            loop.parks,
            {"text": "疏通 35 米，换井盖 1 个。"},
        ),
    }
    for number, (action, (when, actor, unit, more)) in enumerate(steps.items(), 1):
        step = EventAction(
            action=action,
            number=number,
            actor_id=actor,
            unit_id=unit,
            happened_at=when,
            deadline=NOW + due * HOUR if action == "dispatch" else None,
            **at,
            **more,
        )
        uow.create(step)
        uow.connection.execute(
            "UPDATE event_action SET number=?, deadline=?, received_at=? WHERE id=?",
            (number, step.deadline, NOW - 4 * HOUR, step.id.bytes),
        )
        if action == "handle":
            attach(uow, step, (Picture(photo((70, 140, 90)), "b.jpg", "after"),))
        if action == until:
            return


def state_of(store: Store, event: UUID) -> str:
    """Where an event stands in the database."""
    return store.read(
        lambda r: r.value("SELECT state FROM event WHERE id=?", (event.bytes,))
    ).result()
