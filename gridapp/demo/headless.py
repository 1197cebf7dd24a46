"""The main job without a screen: offline work on two clients, kills, reconnect, the office prints."""

from __future__ import annotations

from typing import Any

from gridapp.demo.build import Say
from gridapp.demo.layout import Layout, load_json, save_json
from gridapp.demo.processes import ClientProcess, ServerProcess
from gridapp.i18n import tr

_VISIT = "演示走访：{name}家一切正常，已提醒检查燃气软管。编号 {number}"
_EVENT = "演示事件：楼道堆放杂物，堵住了消防通道。编号 {number}"


def play(layout: Layout, port: int, say: Say) -> None:
    """Play the main job and write down what must be found afterwards."""
    cast = load_json(layout.cast)
    server = ServerProcess(layout.server, port)
    clients: dict[str, ClientProcess] = {}
    try:
        url = server.start()
        say(tr("服务器已启动，两个网格员和社区登记、首次同步"))
        for part in ("worker", "second", "office"):
            player = cast["players"][part]
            clients[part] = ClientProcess(layout.client(player["user"]))
            clients[part].ask("enrol", server=url, code=player["code"])
            clients[part].ask("sync")
        server.stop()
        say(tr("服务器已停：离线记录走访和事件"))
        expected = _offline(clients, cast)
        server.start()
        say(tr("服务器恢复：各自同步"))
        for part in ("worker", "second", "office"):
            expected["rounds"][part] = clients[part].ask("sync")
            expected["status"][part] = clients[part].ask("status")
        clients["office"].ask("print", household=expected["household"], out=str(layout.pdf))
        save_json(layout.expected, expected)
    finally:
        for client in clients.values():
            client.end()
        server.stop()


def _offline(clients: dict[str, ClientProcess], cast: dict[str, Any]) -> dict[str, Any]:
    """What is recorded without a server: plain saves, one kill before a commit and one after."""
    visits: list[dict[str, str]] = []
    events: list[dict[str, str]] = []
    lost: dict[str, str] = {}
    homes: dict[str, list[list[str]]] = {}
    for number, part in enumerate(("worker", "second")):
        client = clients[part]
        homes[part] = client.ask("households", grid=cast["grids"][number])["households"]
        for n, (household, name) in enumerate(homes[part][:3], start=1):
            text = _VISIT.format(name=name, number=f"{part}-{n}")
            visits.append(
                {"id": client.ask("visit", household=household, text=text)["id"], "text": text}
            )
        text = _EVENT.format(number=part)
        event = client.ask("event", item="0101", text=text, household=homes[part][0][0])
        events.append({"id": event["id"], "text": text})
    offline = clients["worker"].ask("sync")
    # The first client dies between the write and the commit: that visit was never said to be saved.
    household, name = homes["worker"][3]
    text = _VISIT.format(name=name, number="killed-before")
    lost = {
        "id": clients["worker"].ask("hold_visit", household=household, text=text)["held"],
        "text": text,
    }
    clients["worker"].kill()
    # The second dies right after "saved".
    household, name = homes["second"][3]
    text = _VISIT.format(name=name, number="killed-after")
    saved = clients["second"].ask("visit", household=household, text=text)
    clients["second"].kill()
    visits.append({"id": saved["id"], "text": text})
    return {
        "visits": visits,
        "events": events,
        "lost": lost,
        "household": homes["worker"][0][0],
        "household_name": homes["worker"][0][1],
        "offline": bool(offline.get("offline")),
        "waiting": clients["worker"].ask("status")["waiting"],
        "users": {part: cast["players"][part]["user"] for part in ("worker", "second", "office")},
        "rounds": {},
        "status": {},
    }
