"""What commands print: one JSON document with ``--json``, words without."""

from __future__ import annotations

import argparse
import json
from typing import Any


def emit(args: argparse.Namespace, document: Any, text: str) -> None:
    """Print ``document`` as JSON where ``--json`` was given, else ``text``."""
    if getattr(args, "json", False):
        print(json.dumps(document, ensure_ascii=False, default=str))
    elif text:
        print(text)
