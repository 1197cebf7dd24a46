"""The breaks of ``make mutants`` still fit the code: each names a place that is there, once."""

from __future__ import annotations

import ast

from tests.proof.mutant_list import MUTANTS
from tests.proof.mutants import ROOT, fits


def test_every_break_fits_the_code() -> None:
    assert [m.name for m in MUTANTS if not fits(m)] == []
    for mutant in MUTANTS:
        text = (ROOT / mutant.file).read_text(encoding="utf-8")
        ast.parse(text.replace(mutant.old, mutant.new))


def test_every_statement_of_the_design_has_a_break() -> None:
    assert {m.statement for m in MUTANTS} == set(range(1, 17))
    assert len({m.name for m in MUTANTS}) == len(MUTANTS)
