"""Pages and figures are made from the stores alone, and those of docs/findings are what these make."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from findings import claim, convergence, pages
from findings.__main__ import main
from findings.stored import read_stored
from imbaloss import studies
from imbaloss.statistics import t_interval
from tests.findings.small import results, small

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "findings"
every_finding = pytest.mark.parametrize("finding", pages.FINDINGS, ids=pages.name_of)
SECTIONS = ["Question", "Design", "What came out", "Verdict", "Numbers", "Limits"]


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_figure_and_text_are_rebuilt_from_the_store_without_a_hand(tmp_path, monkeypatch):
    """As a reader types it; the same store gives the same bytes, and other trainings other numbers and marks."""
    found = results(claim, tmp_path / "results")
    words = ["claim", "--results", str(tmp_path / "results"), "--docs", str(tmp_path / "docs")]
    monkeypatch.setattr(sys, "argv", ["python -m findings", *words])
    main()
    built = files(tmp_path / "docs")
    assert sorted(built) == ["README.md", "claim.md", "figures/claim_report.png", "figures/claim_tuned.png"]

    frame = found["claim"].frame
    frame = frame[frame["recipe"] == "report"]
    means = frame.groupby(["loss", "seed"])["f1"].mean()
    told = "{:+.3f} [{:+.3f}, {:+.3f}]".format(*t_interval((means["mfe"] - means["mse"]).to_numpy()))
    assert f"MFE differs from MSE by {told} (" in pages.ANSWER.search(built["claim.md"].decode())[1]

    pages.build_page(claim, tmp_path / "results", tmp_path / "again")
    assert files(tmp_path / "again").items() <= built.items()
    swap_scores(tmp_path / "results" / "claim", "mfe", "mse")
    pages.build_page(claim, tmp_path / "results", tmp_path / "swapped")
    swapped = files(tmp_path / "swapped")
    assert swapped.keys() <= built.keys()
    assert all(built[name] != content for name, content in swapped.items())


def swap_scores(folder: Path, first: str, second: str) -> None:
    """Gives each training of a loss what came of the other's."""
    store = studies.Store(folder, create=False)
    rows = {row.run: row for row in read_stored(folder).rows}
    other = {first: second, second: first}
    with store.transaction() as database:
        for run in rows:
            if run.method.learned in other:
                [twin] = [
                    one for one in rows
                    if one.method.learned == other[run.method.learned]
                    and [getattr(one, name) for name in ("dataset", "level", "seed", "recipe_name")]
                    == [getattr(run, name) for name in ("dataset", "level", "seed", "recipe_name")]
                ]  # fmt: skip
                database.execute("UPDATE runs SET hash = ? WHERE hash = ?", (f"new {twin.hash}", run.hash))
        database.execute("UPDATE runs SET hash = substr(hash, 5) WHERE hash LIKE 'new %'")


def test_a_study_that_lacks_trainings_is_refused_with_what_to_do(tmp_path):
    study = small("claim")
    studies.Store(tmp_path / "claim")
    studies.write_study(study, {}, tmp_path / "claim")
    with pytest.raises(
        ValueError, match=f"lacks {len(study.runs())} of {len(study.runs())} trainings: imbaloss run claim"
    ):
        pages.build_page(claim, tmp_path, tmp_path)
    assert not list(tmp_path.glob("*.md"))


@pytest.mark.slow
@every_finding
def test_every_finding_is_built_of_small_studies(finding, tmp_path):
    stored = results(finding, tmp_path)
    text = pages.write_page(finding, stored, tmp_path / "docs").read_text()
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    assert "nan" not in re.sub(r"\[.*?\]", "", text)
    assert not re.search(r"\b(inf|None)\b", text)
    assert all(f"imbaloss run {study} --data-dir" in text for study in finding.STUDIES)


@pytest.mark.parametrize("module", ["findings", "findings.bias"])
def test_a_folder_without_a_study_is_named_in_one_line(module, tmp_path):
    words = [sys.executable, "-m", module, "convergence", "--results", str(tmp_path)]
    ended = subprocess.run(words, check=False, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 2
    assert ended.stderr == f"{module}: there is no folder {tmp_path / 'convergence'}: no study was run there\n"


def test_without_a_measured_bias_the_command_that_measures_it_is_named(tmp_path):
    with pytest.raises(OSError, match=r"python -m findings.bias convergence --data-dir PATH"):
        convergence.read_bias(_OfFolder(tmp_path))


class _OfFolder:
    """A stored study without its bias."""

    def __init__(self, folder: Path) -> None:
        self.study, self.store = studies.built_in("convergence"), studies.Store(folder)


@every_finding
def test_a_page_has_its_sections_its_commands_and_no_empty_number(finding):
    text = (DOCS / f"{pages.name_of(finding)}.md").read_text()
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    pictures = re.findall(r"\]\((figures/.+\.png)\)", text)
    assert text.count(f"$ python -m findings {pages.name_of(finding)}\n") == len(pictures) > 0
    assert all((DOCS / picture).stat().st_size > 10_000 for picture in pictures)
    assert not re.search(r"\b(nan|inf|None)\b", text)
    for start in ("**Scaled down.**", "**What would change the conclusion.**", "**Undecided.**"):
        assert re.search(rf"^{re.escape(start)} ?\S", text, re.MULTILINE)


@every_finding
def test_a_page_says_what_its_template_says(finding):
    """Of the blocks without conditions, all that is no number."""
    name = pages.name_of(finding)
    page = " ".join((DOCS / f"{name}.md").read_text().split())
    template = (ROOT / "findings" / "templates" / f"{name}.md.jinja").read_text()
    for block in ("question", "design", "change"):
        [source] = re.findall(rf"{{% block {block} %}}(.*?){{% endblock %}}", template, re.DOTALL)
        for part in re.split(r"\{[{%].*?[}%]\}", source):
            assert " ".join(part.split()) in page


@every_finding
def test_a_verdict_has_the_sign_of_its_difference(finding):
    text = (DOCS / f"{pages.name_of(finding)}.md").read_text()
    signs = {"better": "+", "worse": "-"}
    found = [(verdict, sign) for verdict, sign in re.findall(r"(better|worse) than `[^`]+` \(([+-])", text)]
    found += [(verdict, sign) for sign, verdict in re.findall(r"([+-])0\.\d+ \[[^]]+\] \((better|worse)\b", text)]
    assert found or finding is convergence
    assert all(signs[verdict] == sign for verdict, sign in found)


def test_the_readme_gives_the_answers_of_the_pages(tmp_path):
    for name in map(pages.name_of, pages.FINDINGS):
        (tmp_path / f"{name}.md").write_bytes((DOCS / f"{name}.md").read_bytes())
    assert pages.write_readme(tmp_path).read_text() == (DOCS / "README.md").read_text()


def test_a_curve_tells_where_it_halves_and_how_much_of_it_rises():
    generator = np.random.default_rng(0)
    curve = generator.random(10).cumsum()[::-1]
    assert convergence.share_of_rises(curve) == 0
    assert convergence.share_of_rises(curve[::-1]) == 1
    assert convergence.log_halved(np.array([1.0, 0.6, 0.5, 0.4])) == np.log2(3)
    assert convergence.log_halved(np.ones(7)) == 3
