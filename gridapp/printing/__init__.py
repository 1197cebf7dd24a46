"""From the store to paper: plans, gathers households and has them laid out.

Glue between ``store`` and ``documents``, which know nothing of each other; the window and the command
line both print through here.
"""

from gridapp.printing.gathering import households_of_grid
from gridapp.printing.households import print_context, print_households, print_to_file
from gridapp.printing.plan import Account, LeftOut, Plan, Planned, PrintOptions, plan
from gridapp.printing.sheets import sheets

__all__ = [
    "Account",
    "LeftOut",
    "Plan",
    "Planned",
    "PrintOptions",
    "households_of_grid",
    "plan",
    "print_context",
    "print_households",
    "print_to_file",
    "sheets",
]
