"""The command `python -m findings`, which writes the pages of docs/findings."""

import argparse
from pathlib import Path

from findings import __doc__ as about
from findings import pages


def main() -> None:
    """Write the named pages, or all of them, and README.md.

    The command ends with code 2 for an unknown name and for a study that is missing, unfinished or unreadable.
    """
    by_name = {pages.name_of(finding): finding for finding in pages.FINDINGS}
    parser = argparse.ArgumentParser(prog="python -m findings", description=about)
    parser.add_argument("name", nargs="*", help=f"{', '.join(by_name)}; without a name, all of them")
    parser.add_argument("--results", type=Path, default=Path("results"), help="folder with a folder for each study")
    parser.add_argument("--docs", type=Path, default=Path("docs", "findings"), help="folder of the pages")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.name if name not in by_name]:
        parser.error(f"unknown finding {unknown[0]!r}; findings: {', '.join(by_name)}")
    try:
        for name in arguments.name or by_name:
            print(pages.build_page(by_name[name], arguments.results, arguments.docs))
        print(pages.write_readme(arguments.docs))
    except (OSError, ValueError) as error:
        parser.exit(2, f"findings: {error}\n")


if __name__ == "__main__":
    main()
