"""All tabs of a household file, in order. A new tab is one line here."""

from __future__ import annotations

from gridapp.ui.pages.file import attachments, changes, dwelling, events, members, overview, visits
from gridapp.ui.pages.file.part import TabSpec

TABS: tuple[TabSpec, ...] = (
    overview.TAB,
    members.TAB,
    dwelling.TAB,
    visits.TAB,
    events.TAB,
    attachments.TAB,
    changes.TAB,
)
