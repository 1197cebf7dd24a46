"""``python -m gridapp``, the same as the command ``gridapp``."""

import sys

from gridapp.cli.main import main

sys.exit(main())
