"""`make bench`: run every measurement, or those named: `python -m tests.bench web --quick`."""

import argparse
import importlib

MODULES = ("web", "search", "register_import", "odds", "sync", "matters", "division")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("names", nargs="*", choices=[[], *MODULES], help="all of them by default")
    parser.add_argument("--quick", action="store_true", help="a tenth of the data")
    options = parser.parse_args()
    for name in options.names or MODULES:
        print(f"\n== {name}", flush=True)
        importlib.import_module(f"tests.bench.{name}").measure(quick=options.quick)


if __name__ == "__main__":
    main()
