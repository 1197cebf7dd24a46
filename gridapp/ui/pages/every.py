"""All pages of the window, in the order of the navigation. A new page is one line here."""

from __future__ import annotations

from gridapp.ui.pages import (
    event,
    events,
    household,
    households,
    printing,
    reviews,
    settings,
    sync,
    today,
    visits,
)
from gridapp.ui.pages.spec import PageSpec

PAGES: tuple[PageSpec, ...] = (
    today.PAGE,
    households.PAGE,
    household.PAGE,
    visits.PAGE,
    printing.PAGE,
    events.PAGE,
    event.PAGE,
    reviews.PAGE,
    sync.PAGE,
    settings.PAGE,
)
