"""How many files, and so connections, this process may have open."""

from __future__ import annotations

_ANYWHERE = 512  # where nobody says


def more_files() -> int:
    """Raise the limit to the highest allowed, and say what it is: each who waits takes one."""
    try:
        import resource
    except ImportError:  # Windows counts otherwise
        return _ANYWHERE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or soft >= hard:
        return soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
