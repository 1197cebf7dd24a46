"""All forms whose drafts are offered again. A new form is one line here."""

from __future__ import annotations

from gridapp.ui.forms import event, household, review, step, visit
from gridapp.ui.forms.spec import FormSpec

FORMS: tuple[FormSpec, ...] = (visit.FORM, event.FORM, household.FORM, *step.FORMS, *review.FORMS)
