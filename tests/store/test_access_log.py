"""The log of looks behind the mask is a chain: no entry can be changed, moved or taken out unseen."""

from uuid import uuid4

import pytest

from gridapp.store import access_log
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork


def fill(store: Store) -> None:
    for number in range(5):
        key = uuid4() if number else None
        store.write(
            lambda uow, n=number, k=key: access_log.note(uow, "print", "household", k, f"原因{n}")
        ).result()


def broken(store: Store) -> int | None:
    return store.read(access_log.broken_at).result()


def test_a_chain_holds(store: Store) -> None:
    assert broken(store) is None
    fill(store)
    assert broken(store) is None


@pytest.mark.parametrize(
    ("tamper", "where"),
    [
        ("UPDATE access_log SET reason='' WHERE n=3", 3),
        ("UPDATE access_log SET at=at+1 WHERE n=1", 1),
        ("UPDATE access_log SET record_id=x'00' WHERE n=2", 2),
        ("DELETE FROM access_log WHERE n=2", 2),
        ("DELETE FROM access_log WHERE n=1", 1),
        ("UPDATE access_log SET n=n+10 WHERE n=4", 4),
    ],
)
def test_a_changed_chain_is_noticed(store: Store, tamper: str, where: int) -> None:
    fill(store)

    def write(uow: UnitOfWork) -> None:
        uow.connection.execute(tamper)

    store.write(write).result()
    assert broken(store) == where
