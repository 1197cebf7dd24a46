"""``python -m gridapp``, the same as the command ``gridapp``; the bundle starts here too."""

import multiprocessing
import sys

from gridapp.cli.main import main

if __name__ == "__main__":
    multiprocessing.freeze_support()  # a bundle's worker processes begin here
    sys.exit(main())
