"""Doors opened per knock, by the estimate and in any order.

SHARED_DATA names the folder that holds a log of real visits; without it only generated
ones are replayed. What is compared, and why so, stands in `odds_replay.py`.
"""

import os
import subprocess
import sys
import tempfile

SEEDS, QUICK_SEEDS = range(1, 6), range(1, 3)


def measure(*, quick: bool = False) -> None:
    """Replay in a process of its own, on a database made for it."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3",
            "DATA_DIR": folder,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
        }
        subprocess.run(
            [sys.executable, "-m", "tests.bench.odds", *(["quick"] if quick else [])],
            env=environment,
            check=True,
        )


def main() -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from tests.bench.odds_replay import print_generated, print_logged

    call_command("migrate", verbosity=0)
    print_generated(QUICK_SEEDS if "quick" in sys.argv else SEEDS)
    print_logged(os.environ.get("SHARED_DATA", ""))


if __name__ == "__main__":
    main()
