"""An invented grid in a real encrypted store: what the window's tests and pictures open."""

import random
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from gridapp.app import Client
from gridapp.clock import Clock
from gridapp.domain.household import Household, HouseholdFile, Residence
from gridapp.domain.identity import check_digit
from gridapp.domain.person import CareEnrolment, Person, PersonFile
from gridapp.domain.place import Building, Dwelling, MicroGrid
from gridapp.domain.record import new_id
from gridapp.domain.unit import Assignment, Staff, Unit
from gridapp.resources import default_reference
from gridapp.store import recording
from gridapp.store.drafting import EventDraft, HouseholdForm, MemberForm, VisitDraft
from gridapp.store.keys import Strength
from gridapp.store.opening import create_store
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.store.who import Who

PASSWORD = "correct horse"
WEAK = Strength(passes=1, memory=64, lanes=1)
NOW = 1_795_155_600_000  # Friday 2026-11-20 14:20 in China
TODAY = date(2026, 11, 20)

SURNAMES = "赵钱孙李周吴郑王冯陈蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜谢邹"
GIVEN = [
    "桂兰",
    "建国",
    "美玲",
    "长顺",
    "玉梅",
    "秀英",
    "志强",
    "海燕",
    "文博",
    "雅琴",
    "子涵",
    "立新",
    "春生",
    "凤霞",
    "国栋",
    "丽娟",
]
LATIN = [
    "Ann",
    "Ben",
    "Cora",
    "Dan",
    "Eve",
    "Finn",
    "Gus",
    "Hal",
    "Ida",
    "Joe",
    "Kim",
    "Lou",
    "Max",
    "Nia",
    "Oli",
    "Pam",
]


class Sample:
    """Ids of what the tests speak of."""

    def __init__(self) -> None:
        self.zhao = new_id()  # household of 赵桂兰, who lives alone
        self.grid = new_id()
        self.staff = new_id()
        self.event = new_id()


def fixed_clock() -> int:
    return NOW


def make_store(
    folder: Path,
    *,
    households: int = 40,
    latin: bool = False,
    clock: Clock = fixed_clock,
    user: str = "lixiuying",
    name: str = "",
    state: str = "worker",
) -> tuple[Store, Sample]:
    """A store of one worker with a grid of invented households, all of it already with the server.

    ``state``: what ``states.py`` makes of it.
    """
    from states import STATES

    sample = Sample()
    who = Who(
        staff_id=sample.staff,
        name=name or ("Ann Lee" if latin else "李秀英"),
        user_name=user,
        device_id=new_id(),
        device_name="laptop",
        district_id=new_id(),
        district_name="Hongqi" if latin else "红旗区",
        server_url="http://127.0.0.1:9",
    )
    store = create_store(folder, PASSWORD, who, device_key=bytes(32), strength=WEAK, clock=clock)
    store.write(lambda uow: _fill(uow, sample, households, latin=latin)).result()
    store.write(settle).result()
    store.write(lambda uow: STATES[state](uow, sample)).result()
    return store, sample


def sweep(app: QApplication) -> None:
    """Destroy what was told to go: bare event processing leaves that to the next loop."""
    app.processEvents()
    app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    app.processEvents()


def settle(uow: UnitOfWork) -> None:
    """As after a round with the server: nothing waits."""
    uow.connection.execute("UPDATE outbox SET state='done', live=0")
    uow.connection.execute("DELETE FROM base")
    uow.set_meta("last_contact", str(NOW - 20 * 3_600_000))
    uow.touch_sync()


def citizen_id(birth: date, sequence: int) -> str:
    """A number with a right check digit, of an area that does not exist."""
    plain = f"990000{birth:%Y%m%d}{sequence:03}"
    return plain + check_digit(plain)


def _fill(uow: UnitOfWork, sample: Sample, count: int, *, latin: bool) -> None:
    for record in default_reference():
        uow.create(record)
    chance = random.Random(7)
    place = Unit(code="990000001001", name="Jian" if latin else "建南社区", kind="village")
    uow.create(place)
    grid = Unit(
        id=sample.grid,
        code="990000001001003",
        name="Grid 3" if latin else "第三网格",
        kind="grid",
        parent_id=place.id,
    )
    uow.create(grid)
    uow.create(Staff(id=sample.staff, name=uow.who.name, user_name=uow.who.user_name, active=True))
    uow.create(
        Assignment(
            staff_id=sample.staff, unit_id=grid.id, role="worker", from_date=date(2026, 1, 1)
        )
    )
    micro = MicroGrid(grid_id=grid.id, name="East" if latin else "东片十联户", kind="ten")
    uow.create(micro)
    buildings = []
    for number in (1, 2, 3, 5, 10):
        name = f"B{number}" if latin else f"{number}号楼"
        building = Building(grid_id=grid.id, micro_grid_id=micro.id, name=name)
        buildings.append(uow.create(building))
    for number in range(count):
        _household(uow, sample, buildings, number, chance, latin=latin)


def _household(
    uow: UnitOfWork,
    sample: Sample,
    buildings: list[Building],
    number: int,
    chance: random.Random,
    *,
    latin: bool,
) -> None:
    first = number == 0
    building = buildings[2] if first else buildings[number % len(buildings)]
    entrance, room = (
        ("1", "201") if first else (str(number % 2 + 1), f"{2 + number % 5}0{number % 3 + 2}")
    )
    dwelling = Dwelling(
        grid_id=sample.grid,
        building_id=building.id,
        entrance="" if latin else entrance,
        room=room,
        tenure="own",
        area=62.0 if first else float(chance.randint(40, 130)),
        gas="piped",
        gas_alarm=True,
        smoke_alarm=not first,
        last_check=TODAY - timedelta(days=chance.randint(10, 300)),
    )
    surname = chance.choice("ABCDEFGH") if latin else chance.choice(SURNAMES)

    def pick() -> str:
        return f"{chance.choice(LATIN)} {surname}" if latin else surname + chance.choice(GIVEN)

    head_name = ("Zoe Zhao" if latin else "赵桂兰") if first else pick()
    household_id = sample.zhao if first else new_id()
    members = [
        _member(
            household_id, head_name, 1946 if first else chance.randint(1940, 1995), number, "02"
        )
    ]
    others = 5 if first else chance.randint(0, 3)
    for other in range(others):
        son = first and other == 0
        name = ("Jim Zhao" if latin else "赵建军") if son else pick()
        year = 1971 if son else chance.randint(1960, 2020)
        members.append(_member(household_id, name, year, number * 7 + other + 1, "20", away=son))
    if first or number % 6 == 1:
        care = CareEnrolment(
            person_id=members[0].person.id,
            group_code="C01" if first or number % 4 else "C08",
            level="high" if first else "",
            from_date=date(2025, 3, 1),
        )
        members[0] = MemberForm(members[0].person, members[0].file, members[0].residence, (care,))
    household = Household(
        id=household_id,
        grid_id=sample.grid,
        dwelling_id=dwelling.id,
        name=head_name,
        kind="family",
        head_id=members[0].person.id,
        registered_address=("B3-201" if latin else "建南社区3号楼1单元201") if first else "",
        opened_on=date(2025, 3, 1),
    )
    file = HouseholdFile(household_id=household_id, needs="" if latin else "腿脚不便")
    form = HouseholdForm(household, file, dwelling, None, tuple(members))
    recording.save_household(uow, None, form)
    _visits(uow, sample, household, members, number, chance, latin=latin)


def _member(
    household_id: UUID, name: str, year: int, sequence: int, relation: str, *, away: bool = False
) -> MemberForm:
    birth = date(year, sequence % 12 + 1, sequence % 28 + 1)
    person = Person(
        name=name,
        birth_year=year,
        status="away" if away else "here",
        away_until=date(2027, 2, 6) if away else None,
    )
    number = citizen_id(birth, sequence % 499 * 2)
    file = PersonFile(
        person_id=person.id,
        id_kind="citizen",
        id_number=number,
        birth_date=birth,
        sex="2",
        phones={f"1380000{2000 + sequence * 13:04}": ""},
    )
    residence = Residence(
        person_id=person.id, household_id=household_id, kind="living", relation=relation
    )
    return MemberForm(person, file, residence)


def _visits(
    uow: UnitOfWork,
    sample: Sample,
    household: Household,
    members: list[MemberForm],
    number: int,
    chance: random.Random,
    *,
    latin: bool,
) -> None:
    texts = (
        ["Well, medicine in stock."]
        if latin
        else [
            "精神好，血压药剩 5 天，已告知女儿。",
            "通话 6 分钟，一切正常。",
            "厨房软管老化，报了事件。",
        ]
    )
    for turn in range(14 if number == 0 else chance.randint(0, 4)):
        day = TODAY - timedelta(days=10 + turn * 7)
        last = turn == 0
        promise = ("Look again" if latin else "药续上再看一眼") if number == 0 and last else ""
        uow_next = TODAY - timedelta(days=3) if number == 0 and last else None
        if last and number % 5 == 1:
            uow_next = TODAY + timedelta(days=number % 4)
        recording.add_visit(
            uow,
            VisitDraft(
                household.id,
                day.isoformat(),
                how=("home", "phone", "home", "absent")[turn % 4],
                situation=texts[turn % len(texts)],
                people_met=(str(members[0].person.id),),
                next_date=uow_next,
                promise=promise,
                answers={"C01/精神状态与言谈是否正常": "good"} if number == 0 and last else {},
            ),
        )
    if number % 3 == 0:
        event = recording.report_event(
            uow,
            EventDraft(
                ("0202", "0101", "0104", "0807", "0301")[number // 3 % 5],
                "Hose is old."
                if latin
                else "厨房燃气软管老化，灶具超过八年，已提醒先不要用火，等物业来换。",
                (TODAY - timedelta(days=number)).isoformat() + "T10:02",
                household_id=household.id,
                on_spot=("Hose replaced." if latin else "关了阀门，联系物业换管。")
                if number
                else "",
            ),
        )
        if number == 0:
            sample.event = event.id


def end(client: Client) -> None:
    """A client that a test made goes with its window: one that stays is styled anew at every later start.

    Left to Python, its widgets would be destroyed on whatever thread comes by.
    """
    client.window.close()
    client.close()
    client.window.deleteLater()
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    sweep(app)
