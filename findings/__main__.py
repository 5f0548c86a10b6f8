"""python -m findings: see `findings`."""

import argparse
from pathlib import Path

from findings import __doc__ as about
from findings import pages


def main() -> None:
    known = {pages.name_of(finding): finding for finding in pages.FINDINGS}
    parser = argparse.ArgumentParser(prog="python -m findings", description=about)
    parser.add_argument("name", nargs="*", help=f"{', '.join(known)}; without one, all of them")
    parser.add_argument("--results", type=Path, default=Path("results"), help="folder with a folder for each study")
    parser.add_argument("--docs", type=Path, default=Path("docs", "findings"), help="folder of the pages")
    given = parser.parse_args()
    if unknown := [name for name in given.name if name not in known]:
        parser.error(f"there is no finding {unknown[0]}, only {', '.join(known)}")
    try:
        for name in given.name or known:
            print(pages.build(known[name], given.results, given.docs))
        print(pages.write_readme(given.docs))
    except (OSError, ValueError) as error:
        parser.exit(2, f"findings: {error}\n")


if __name__ == "__main__":
    main()
