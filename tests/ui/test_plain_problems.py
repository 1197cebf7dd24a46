"""What goes wrong is said on the screen without paths and addresses, which the command line still names."""

import pytest

from gridapp.errors import Problem
from gridapp.ui.widgets.basic import inside, words
from gridapp.ui.widgets.photo.refused import Refused

PATH = "/data/users/019e2f3a-77c1-7c52-9d4e-0a5e3b6f1c22"
WRONG = Problem("disk_full", "磁盘已满，这次没有保存。", place=PATH, remedy="请清理磁盘。")


def test_the_command_line_names_the_place() -> None:
    assert WRONG.text() == f"{PATH}: {WRONG.said()}"
    assert WRONG.said() == "磁盘已满，这次没有保存。 请清理磁盘。"


@pytest.mark.parametrize("where", ["window", "form", "photos"])
def test_the_screen_does_not(desktop, where: str) -> None:
    desktop.client.desk.go("household", desktop.sample.zhao)
    desktop.settle()
    desktop.shell.pages["household"].record_visit()
    desktop.settle()
    form = desktop.shell.panel.currentWidget()
    if where == "window":
        desktop.client.tasks.refused.emit(WRONG)
    elif where == "form":
        form.refuse(WRONG)
    else:
        form.photos.refused.add(WRONG)
    label = type(words(""))
    root = form.findChild(Refused) if where == "photos" else desktop.client.window
    shown = [found.text() for found in inside(root, label)]
    assert any(WRONG.said() in text for text in shown)
    assert not any(PATH in text for text in shown)
