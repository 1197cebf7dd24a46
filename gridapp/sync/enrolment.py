"""Enrolling this computer for one user with a one-time code."""

from __future__ import annotations

import platform
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gridapp.clock import Clock, system_clock
from gridapp.errors import Problem
from gridapp.store import keys
from gridapp.store.opening import create_store, room_for_users
from gridapp.store.store import Store
from gridapp.store.who import Who
from gridapp.sync import bundle_state
from gridapp.sync.protocol import EnrolRequest
from gridapp.sync.transport import Offline, Refused, Transport

_CODES = {
    "bad_code": ("登记码不对。", "请核对登记单上的码，输错多次后要请管理员重发。"),
    "used_code": ("这个登记码已经用过了。", "请向区管理员要一个新的登记码。"),
    "expired_code": ("这个登记码已过期。", "请向区管理员要一个新的登记码。"),
}


def enrol(
    data_dir: Path,
    url: str,
    code: str,
    password: str,
    *,
    fingerprint: str = "",
    strength: keys.Strength = keys.SHIPPED,
    clock: Clock = system_clock,
) -> Store:
    """Use the code and make the user's encrypted database. Nothing is left behind where it fails.

    Raises ``Problem`` with the place and the remedy.
    """
    keys.check_password(password)
    with room_for_users(data_dir):
        return _enrol(data_dir, url, code, password, fingerprint, strength, clock)


def _enrol(
    data_dir: Path,
    url: str,
    code: str,
    password: str,
    fingerprint: str,
    strength: keys.Strength,
    clock: Clock,
) -> Store:
    transport = Transport(url, fingerprint)
    private = Ed25519PrivateKey.generate()
    name = (platform.node() or "computer")[:80]
    try:
        transport.health()
        reply = transport.enrol(EnrolRequest(code, private.public_key().public_bytes_raw(), name))
    except Offline as error:
        raise Problem(
            "no_server",
            "连不上服务器。",
            place=url,
            remedy="请核对地址，登记要有网络；登记之后就可以不联网工作。",
        ) from error
    except Refused as error:
        message, remedy = _CODES.get(error.code, ("服务器没有接受登记。", "请联系区管理员。"))
        raise Problem(error.code, message, remedy=remedy) from error
    finally:
        transport.close()
    who = Who(
        staff_id=UUID(bytes=reply.staff_id),
        name=reply.name,
        user_name=reply.user_name,
        device_id=UUID(bytes=reply.device_id),
        device_name=name,
        district_id=UUID(bytes=reply.district_id),
        district_name=reply.district_name,
        server_url=transport.url,
        fingerprint=fingerprint,
    )
    store = create_store(
        data_dir,
        password,
        who,
        device_key=private.private_bytes_raw(),
        epoch=reply.epoch,
        recovery=reply.recovery_key,
        strength=strength,
        clock=clock,
    )
    store.write(lambda uow: bundle_state.learn_key(uow, reply.bundle_key)).result()
    return store
