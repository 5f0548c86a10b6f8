"""The commands that train, run, plan and report studies, and list what there is to study."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Argument, Option

from imbaloss.atomic_write import make_file_name
from imbaloss.cli.app import app, refusing, reporting
from imbaloss.cli.options import (
    DATA_OPTIONS,
    RECIPE_OPTIONS,
    Address,
    DataDir,
    Device,
    Executor,
    Json,
    Out,
    Quiet,
    Seeds,
    StackSize,
    StudyFile,
    Verbose,
    Workers,
    entries,
    given,
    with_options,
)  # fmt: skip
from imbaloss.cli.progress import progress
from imbaloss.cli.terminal import print_entry, print_forecast, print_json, print_loss, print_plans, print_run, tell
from imbaloss.recipe_fields import MARGIN

if TYPE_CHECKING:
    from imbaloss import studies
    from imbaloss.data import Dataset
    from imbaloss.studies import Study


@app.command()
@with_options(DATA_OPTIONS, RECIPE_OPTIONS)
def train(
    context: typer.Context,
    *,
    dataset: Annotated[str, Option(help="A data set that `imbaloss datasets` lists.")] = "digits_3_8",
    level: Annotated[float, Option(help="Level of imbalance.")] = 0.1,
    loss: Annotated[str, Option(help="A loss, with parameters as in focal:gamma=2,alpha=0.25.")] = "msfe",
    seed: Annotated[int, Option(min=0, help="Decides images, initial weights and order of batches.")] = 0,
    device: Device = "cpu",
    data_dir: DataDir = None,
    out: Out = Path("results/train"),
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Train one network, score it on the test part and keep its model."""
    from imbaloss import studies
    from imbaloss.learners import network_file
    from imbaloss.training import Model

    with refusing():
        study = changed(
            studies.built_in_for([dataset]), context, name="train", datasets=[dataset], levels=[level], losses=[loss],
            seeds=[seed],
        )  # fmt: skip
        _, datasets, [job] = stacks(study, device=device, data_dir=data_dir, quiet=quiet)
        store = studies.Store(out)
        studies.write_study(study, datasets, out)
    network_file.remove(out / "model")  # an earlier one would pass for this one
    if verbose:
        print_plans([job])
    with progress([job], quiet=quiet) as observer:
        observer.on_stack_start(job)
        [(row, predictions, model)] = studies.train_together(job, datasets, device, observer.on_work)
    with reporting():
        store.add([(row, predictions)])
        file = network_file.save(model, out / "model", row.facts()) if isinstance(model, Model) else None
    if as_json:
        print_json({**row.flat(), "model": str(file) if file else None})
    else:
        print_run(row.flat(), file)


@app.command()
@with_options(DATA_OPTIONS, RECIPE_OPTIONS)
def reproduce(
    context: typer.Context,
    *,
    dataset: Annotated[list[str] | None, Option(help="Repeatable. [default: the report's three]")] = None,
    level: Annotated[list[float] | None, Option(help="Repeatable. [default: 0.2, 0.1, 0.05]")] = None,
    loss: Annotated[list[str] | None, Option(help="Repeatable. [default: the report's five]")] = None,
    seeds: Annotated[
        int | None, Option(min=1, max=1_000_000, help="Seeds 0 to N-1 for every cell. [default: 1; digits 10]")
    ] = None,
    stack_size: StackSize = None,
    executor: Executor = "here",
    workers: Workers = None,
    address: Address = None,
    device: Device = "cpu",
    data_dir: DataDir = None,
    out: Out = Path("results/table1"),
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Train and score the report's table, or a part of it, and write tables, figures and report.html."""
    from imbaloss import studies

    with refusing():
        study = changed(
            studies.built_in_for(dataset or []), context,
            datasets=dataset, levels=level, losses=loss, seeds=range(seeds) if seeds else None,
        )  # fmt: skip
        trained_by = studies.executor_named(executor, workers=workers, address=address)
    run_study(
        study, out, trained_by, stack_size=stack_size, device=device, data_dir=data_dir, as_json=as_json, quiet=quiet,
        verbose=verbose,
    )  # fmt: skip


@app.command()
def run(
    file: StudyFile,
    *,
    seeds: Seeds = None,
    stack_size: StackSize = None,
    executor: Executor = "here",
    workers: Workers = None,
    address: Address = None,
    device: Device = "cpu",
    data_dir: DataDir = None,
    out: Annotated[Path | None, Option(help="Output folder. [default: results/NAME, after the study]")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Run the study of a file, as far as it is not finished, and write tables, figures and report.html."""
    from imbaloss import studies

    with refusing():
        study = with_seeds(studies.named(file), seeds)
        trained_by = studies.executor_named(executor, workers=workers, address=address)
    run_study(
        study, out or Path("results") / make_file_name(study.name), trained_by, stack_size=stack_size, device=device,
        data_dir=data_dir, as_json=as_json, quiet=quiet, verbose=verbose,
    )  # fmt: skip


@app.command()
def plan(
    file: StudyFile,
    *,
    seeds: Seeds = None,
    stack_size: StackSize = None,
    device: Device = "cpu",
    data_dir: DataDir = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Say how many trainings a study has, what time and memory they will take, and what difference they can show."""
    from dataclasses import asdict

    from imbaloss import studies

    with refusing():
        study = with_seeds(studies.named(file), seeds)
        runs, datasets, jobs = stacks(study, stack_size, device=device, data_dir=data_dir, quiet=quiet)
    if verbose:
        print_plans(jobs)
    if not quiet:
        tell("training a few epochs of each kind of stack")
    with reporting():
        found = studies.forecast(study.name, runs, jobs, datasets, device)
    if as_json:
        print_json(asdict(found))
    else:
        print_forecast(found)


def stacks(
    study: "Study", stack_size: int | None = None, *, device: str, data_dir: Path | None, quiet: bool
) -> tuple[list["studies.Run"], dict[str, "Dataset"], list["studies.Job"]]:
    """The runs of a study, its data sets and its stacks."""
    from imbaloss import data, studies
    from imbaloss.training import check_device

    check_device(device)
    runs = study.runs()
    datasets = data.load_data_sets(study.datasets, folder=data_dir, quiet=quiet)
    return runs, datasets, studies.cut(runs, datasets, stack_size, device)


def with_seeds(study: "Study", seeds: int | None) -> "Study":
    return replace(study, seeds=tuple(range(seeds))) if seeds else study


def run_study(
    study: "Study",
    out: Path,
    executor: "studies.Executor",
    *,
    stack_size: int | None,
    device: str,
    data_dir: Path | None,
    as_json: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """What `reproduce` and `run` have in common."""
    from imbaloss import report, studies

    with refusing():
        runs, datasets, jobs = stacks(study, stack_size, device=device, data_dir=data_dir, quiet=quiet)
        asked = {run.hash for run in runs}
        store = studies.Store(out)
        store.add_examples(datasets)
        studies.write_study(study, datasets, out)
    if verbose:
        print_plans(jobs)
    if not quiet and (others := len(store.hashes() - asked)):
        tell(f"{out} holds {others} trainings beside those of this study; they stay, and are not in its tables")
    try:
        with reporting(), progress(jobs, quiet=quiet, news=report.News(store, runs)) as observer:
            studies.execute(jobs, store, datasets, device, executor=executor, observer=observer)
    except KeyboardInterrupt:
        tell(f"{len(store.hashes() & asked)} of {len(asked)} trainings are finished and kept in {out}")
        raise
    write_report(study, runs, store, out, as_json=as_json)


def write_report(
    study: "studies.ReportableStudy", runs: list["studies.Run"], store: "studies.Store", out: Path, *, as_json: bool
) -> None:
    """Writes tables, figures and page, and prints the table."""
    from imbaloss import report

    with reporting():
        findings = report.find(study, store.rows(runs), store)
        page = report.write(findings, out)
    if as_json:
        print_json(report.records(findings.table))
    else:
        sys.stdout.write((out / "table.md").read_text(encoding="utf-8"))
        print(f"\n{out / 'table.md'}, {out / 'table.csv'}, {out / 'table.tex'}, {out / 'figures'}\nopen {page}")


@app.command()
def report(
    folder: Annotated[Path, Argument(help="Output folder of a study.", metavar="OUT")],
    margin: Annotated[float | None, Option(help=f"{MARGIN.help} [default: the study's]")] = None,
    as_json: Json = False,
) -> None:
    """Write tables, figures and report.html again, from the finished trainings of a folder alone."""
    from imbaloss import studies

    with refusing():
        study = studies.read_study(folder)
        study = study if margin is None else replace(study, margin=margin)
        store = studies.Store(folder, create=False)
        runs = study.runs()
        if not store.hashes() & {run.hash for run in runs}:
            raise ValueError(f"{folder} holds no finished training of study {study.name}: there is nothing to report")
    write_report(study, runs, store, folder, as_json=as_json)


@app.command()
def status(
    folder: Annotated[Path, Argument(help="Output folder of a study.", metavar="OUT")],
    as_json: Json = False,
) -> None:
    """Say how far a study is: finished, failed, and in training in any process."""
    from dataclasses import asdict

    from imbaloss.studies import Status

    with refusing():
        found = Status.of(folder)
    if as_json:
        print_json(asdict(found))
        return
    print(f"{found.study}: {found.finished} of {found.asked} trainings finished", end="")
    print(f", {found.failed} failed, {found.training} in training now", end="")
    print(f"; {found.others} of other studies" if found.others else "")
    for dataset, (done, asked) in found.datasets.items():
        print(f"{dataset:14} {done} of {asked}")


@app.command()
def losses(
    name: Annotated[str | None, Argument(help="Of one loss. [default: all]", show_default=False)] = None,
    as_json: Json = False,
) -> None:
    """List the losses: formula, parameters, source, when to use them."""
    from imbaloss import losses as catalogue

    with refusing():
        found = [catalogue.facts(one) for one in ([name] if name else catalogue.names())]
    if as_json:
        print_json(found)
        return
    for facts in found:
        print_loss(facts)
    if not name:
        print("Any pair of an error and a reduction is a loss too, as focal/worst_class:")
        print_entry("errors", ", ".join(catalogue.ERRORS))
        print_entry("reductions", ", ".join(catalogue.REDUCTIONS))


@app.command()
def datasets(as_json: Json = False) -> None:
    """List the data sets: classes, numbers of images or documents, where they come from."""
    from imbaloss.data import SETS
    from imbaloss.data.cifar100 import SUPERCLASSES

    if as_json:
        print_json([binary.facts(name) for name, binary in SETS.items()])
        return
    for name, binary in SETS.items():
        train, test = ("+".join(map(str, part)) for part in (binary.train, binary.test))
        print(f"{name:14} {binary.negative} (0) against {binary.positive} (1)")
        print(f"{'':15}{train} {binary.noun} to train on, {test} to test on, {binary.origin}\n")
    print("Any two classes or superclasses of CIFAR-100 are a set too, the negative one first, as fish/flowers:")
    for name, classes in SUPERCLASSES.items():
        print(f"    {name}: {', '.join(classes)}")


def changed(study: "Study", context: typer.Context, **asked_for: Any) -> "Study":
    """The study with what was asked for on the command line; an option that was not given changes nothing."""
    data = given(context, DATA_OPTIONS)
    for option, axis in (("protocol", "protocols"), ("sampler", "samplers")):
        if option in data:
            data[axis] = [data.pop(option)]
    asked_for |= data | {"overrules": entries(context)}
    wanted: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list | range) else value
        for key, value in asked_for.items()
        if value is not None
    }
    return replace(study, **wanted)
