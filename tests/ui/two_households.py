"""Two files and the forms about them, opened as a person opens them."""

from uuid import UUID

from PySide6.QtWidgets import QPushButton

from gridapp.ui.forms.form import Form
from gridapp.ui.forms.visit import VisitForm


def other(desktop) -> UUID:
    """A household with a name that nobody else has, and not the first one."""
    [(found,)] = desktop.sql(
        "SELECT id FROM household WHERE id<>? AND deleted=0 ORDER BY id LIMIT 1",
        desktop.sample.zhao.bytes,
    )
    return UUID(bytes=found)


def file_of(desktop, household: UUID):
    desktop.client.desk.go("household", household)
    desktop.settle()
    return desktop.shell.pages["household"]


def visit(desktop, household: UUID) -> VisitForm:
    file_of(desktop, household).record_visit()
    desktop.settle()
    form = front(desktop)
    assert isinstance(form, VisitForm)
    assert form.view.household.id == household
    return form


def front(desktop) -> Form:
    return desktop.shell.panel.forms()[-1]


def offers(desktop, text: str = "接着写") -> list[QPushButton]:
    found = desktop.shell.unfinished.findChildren(QPushButton)
    return [b for b in found if b.text() == text and b.isVisible()]
