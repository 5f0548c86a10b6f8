"""The commands that train, run, plan and report studies, and list what there is to study."""

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Argument, Option

from imbaloss.atomic_write import make_file_name
from imbaloss.choices import check_choice
from imbaloss.cli.app import LOOK_UP, STUDIES, app, explain_input_errors, explain_system_errors
from imbaloss.cli.options import (
    DATA_OPTIONS,
    MOST_SEEDS,
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
    add_options,
    recipe_entries,
    used_options,
)  # fmt: skip
from imbaloss.cli.progress import follow_features, progress
from imbaloss.cli.renamed_options import CommandOfRenamedOptions
from imbaloss.cli.terminal import print_entry, print_forecast, print_json, print_loss, print_plans, print_run, tell
from imbaloss.method_names import LOSSES, check_loss
from imbaloss.recipe_fields import MARGIN

if TYPE_CHECKING:
    from imbaloss import studies
    from imbaloss.data import Dataset
    from imbaloss.studies import Study


@app.command(rich_help_panel=STUDIES)
@add_options(DATA_OPTIONS, RECIPE_OPTIONS)
def train(
    context: typer.Context,
    *,
    dataset: Annotated[str, Option(help="Data set that `imbaloss datasets` lists.", metavar="NAME")] = "digits_3_8",
    level: Annotated[
        float, Option(help="Level of imbalance: the share of the rare class, as --protocol means it.", metavar="NUMBER")
    ] = 0.1,
    loss: Annotated[str, Option(help="Loss, with parameters as in focal:gamma=2,alpha=0.25.", metavar="LOSS")] = "msfe",
    seed: Annotated[
        int,
        Option(min=0, help="Random seed for drawing images, initial weights and batch order.", metavar="N"),
    ] = 0,
    out: Out = Path("results/train"),
    as_json: Json = False,
    data_dir: DataDir = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    device: Device = "cpu",
) -> None:
    """Train one network, score it on the test part and save its model.

    Example: imbaloss train --dataset digits_3_8 --loss focal:gamma=2 --epochs 50
    """
    check_study_names([dataset], [loss])
    from imbaloss import studies  # here, since wrong names are refused without torch
    from imbaloss.learners import network_file
    from imbaloss.training import Model

    with explain_input_errors():
        study = override_study(
            studies.find_built_in([dataset]), context, name="train", datasets=[dataset], levels=[level], losses=[loss],
            seeds=[seed],
        )  # fmt: skip
        _, datasets, [job] = prepare_stacks(study, device=device, data_dir=data_dir, quiet=quiet)
        store = studies.Store(out)
        studies.write_study(study, datasets, out)
    network_file.remove(out / "model")  # an earlier one would pass for this one
    if verbose:
        print_plans([job])
    with progress([job], quiet=quiet) as observer:
        observer.on_stack_start(job)
        [(row, predictions, model)] = studies.train_together(job, datasets, device, observer.on_work)
    with explain_system_errors():
        store.add([(row, predictions)])
        file = network_file.save(model, out / "model", row.facts()) if isinstance(model, Model) else None
    if as_json:
        print_json({**row.flat(), "model": str(file) if file else None})
    else:
        print_run(row.flat(), file)


@app.command(cls=CommandOfRenamedOptions, rich_help_panel=STUDIES)
@add_options(DATA_OPTIONS, RECIPE_OPTIONS)
def reproduce(
    context: typer.Context,
    *,
    dataset: Annotated[
        list[str] | None,
        Option(
            help="Data set that `imbaloss datasets` lists. Repeatable.",
            metavar="NAME",
            show_default="the three of the study",
        ),
    ] = None,
    level: Annotated[
        list[float] | None,
        Option(help="Level of imbalance. Repeatable.", metavar="NUMBER", show_default="0.2, 0.1, 0.05"),
    ] = None,
    loss: Annotated[
        list[str] | None,
        Option(
            help="Loss, with parameters as in focal:gamma=2. Repeatable.",
            metavar="LOSS",
            show_default="the five of the study",
        ),
    ] = None,
    seeds: Annotated[
        int | None,
        Option(
            min=1,
            max=MOST_SEEDS,
            help="Number of random seeds for each data set and level: 0 to N-1.",
            metavar="N",
            show_default="1; 10 for digits",
        ),
    ] = None,
    out: Out = Path("results/table1"),
    as_json: Json = False,
    data_dir: DataDir = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    device: Device = "cpu",
    stack_size: StackSize = None,
    executor: Executor = "here",
    workers: Workers = None,
    address: Address = None,
) -> None:
    """Run the table of the 2023 study, or a part of it, and write tables, figures and report.html.

    Example: imbaloss reproduce --dataset digits_3_8 --level 0.1 --loss mse --loss msfe
    """
    check_study_names(dataset or (), loss or ())
    from imbaloss import studies  # here, since wrong names are refused without torch

    with explain_input_errors():
        built_in = studies.find_built_in(dataset or [])
        axes = {"datasets": dataset, "levels": level, "losses": loss, "seeds": range(seeds) if seeds else None}
        study = override_study(built_in, context, **axes)
        trained_by = studies.make_executor(executor, workers=workers, address=address)
    run_study(
        study, out, trained_by, stack_size=stack_size, device=device, data_dir=data_dir, as_json=as_json, quiet=quiet,
        verbose=verbose,
    )  # fmt: skip


@app.command(cls=CommandOfRenamedOptions, rich_help_panel=STUDIES)
def run(
    file: StudyFile,
    *,
    seeds: Seeds = None,
    out: Annotated[
        Path | None,
        Option(help="Output folder.", metavar="FOLDER", show_default="results/NAME, after the study"),
    ] = None,
    as_json: Json = False,
    data_dir: DataDir = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    device: Device = "cpu",
    stack_size: StackSize = None,
    executor: Executor = "here",
    workers: Workers = None,
    address: Address = None,
) -> None:
    """Run a study from a file: train what is not finished, and write tables, figures and report.html.

    Example: imbaloss run study.toml --seeds 10 --executor processes
    """
    from imbaloss import studies

    with explain_input_errors():
        study = with_seeds(studies.find_study(file), seeds)
        trained_by = studies.make_executor(executor, workers=workers, address=address)
    run_study(
        study, out or Path("results") / make_file_name(study.name), trained_by, stack_size=stack_size, device=device,
        data_dir=data_dir, as_json=as_json, quiet=quiet, verbose=verbose,
    )  # fmt: skip


@app.command(rich_help_panel=STUDIES)
def plan(
    file: StudyFile,
    *,
    seeds: Seeds = None,
    as_json: Json = False,
    data_dir: DataDir = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    device: Device = "cpu",
    stack_size: StackSize = None,
) -> None:
    """Forecast a study: number of trainings, time, memory, and the smallest difference that it can detect.

    Example: imbaloss plan study.toml --seeds 10
    """
    from dataclasses import asdict

    from imbaloss import studies

    with explain_input_errors():
        study = with_seeds(studies.find_study(file), seeds)
        runs, datasets, jobs = prepare_stacks(study, stack_size, device=device, data_dir=data_dir, quiet=quiet)
    if verbose:
        print_plans(jobs)
    if not quiet:
        tell("training a few epochs of each kind of stack")
    with explain_system_errors():
        forecast = studies.forecast(study.name, runs, jobs, datasets, device)
    if as_json:
        print_json(asdict(forecast))
    else:
        print_forecast(forecast)


def check_study_names(datasets: Sequence[str], losses: Sequence[str]) -> None:
    """Check the names of data sets and losses, before anything that needs torch is imported.

    Raises:
        InputError: There is no such data set, or no such loss.
    """
    from imbaloss.data import check_names

    with explain_input_errors():
        check_names(datasets)
        for text in losses:
            check_loss(text)


def prepare_stacks(
    study: "Study", stack_size: int | None = None, *, device: str, data_dir: Path | None, quiet: bool
) -> tuple[list["studies.Run"], dict[str, "Dataset"], list["studies.Job"]]:
    """Load the data sets of a study, and cut its runs into stacks of networks that are trained together.

    Args:
        study: The study.
        stack_size: The largest number of networks in a stack; None for one that suits their size.
        device: The device that trains: "cpu", "cuda" or "cuda:N".
        data_dir: A folder with CIFAR-100 or its parent; None for the default folder.
        quiet: Whether a download shows no progress.

    Returns:
        The runs (single trainings) of the study, the data sets by name, and the stacks.

    Raises:
        ValueError: This machine lacks the device, an entry of the study is wrong, or a data set cannot give a run.
        OSError: The data cannot be read or downloaded.
    """
    from imbaloss import data, studies
    from imbaloss.features import ignore_progress
    from imbaloss.training import check_device

    check_device(device)
    runs = study.runs()
    images = data.load_data_sets(study.datasets, folder=data_dir, quiet=quiet)
    with nullcontext(ignore_progress) if quiet else follow_features() as on_progress:
        datasets = studies.embed_data_sets(images, runs, on_progress)
    return runs, datasets, studies.cut_into_stacks(runs, datasets, stack_size, device)


def with_seeds(study: "Study", seeds: int | None) -> "Study":
    """Return a copy of the study with the seeds 0 to `seeds` - 1; for None the study itself."""
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
    """Train what a study lacks in the output folder, write its tables, figures and page, and print the table.

    After Ctrl-C it says how many trainings are finished, and passes the KeyboardInterrupt on.

    Args:
        study: The study.
        out: The output folder, which is created if it is missing.
        executor: Trains the stacks: in this process, in worker processes, or on a Ray cluster.
        stack_size: The largest number of networks in a stack; None for one that suits their size.
        device: The device that trains: "cpu", "cuda" or "cuda:N".
        data_dir: A folder with CIFAR-100 or its parent; None for the default folder.
        as_json: Whether the table is printed as JSON in place of Markdown.
        quiet: Whether no progress is shown.
        verbose: Whether standard error says how the networks are trained.

    Raises:
        InputError: The study, its data or the output folder is wrong, or memory is too small.
    """
    from imbaloss import report, studies

    with explain_input_errors():
        runs, datasets, jobs = prepare_stacks(study, stack_size, device=device, data_dir=data_dir, quiet=quiet)
        hashes = {run.hash for run in runs}
        store = studies.Store(out)
        studies.check_stored_features(store, runs, datasets)
        store.add_examples(datasets)
        studies.write_study(study, datasets, out)
    if verbose:
        print_plans(jobs)
    if not quiet and (number := len(store.hashes() - hashes)):
        tell(f"{out} holds {number} trainings beside those of this study; they stay, and are not in its tables")
    try:
        with explain_system_errors(), progress(jobs, quiet=quiet, news=report.Headline(store, runs)) as observer:
            studies.execute(jobs, store, datasets, device, executor=executor, observer=observer)
    except KeyboardInterrupt:
        tell(f"{len(store.hashes() & hashes)} of {len(hashes)} trainings are finished and kept in {out}")
        raise
    write_report(study, runs, store, out, as_json=as_json)


def write_report(
    study: "studies.ReportableStudy", runs: list["studies.Run"], store: "studies.Store", out: Path, *, as_json: bool
) -> None:
    """Write tables, figures and page of a study into its output folder, and print the table as JSON or Markdown.

    Args:
        study: The study.
        runs: The runs of the study. Those without a row in the store are left out.
        store: The store with the results.
        out: The output folder.
        as_json: Whether the table is printed as JSON. Otherwise the paths of the files follow the table.

    Raises:
        InputError: The store cannot be read, a file cannot be written, or memory is too small.
    """
    from imbaloss import report

    with explain_system_errors():
        findings = report.compute_findings(study, store.rows(runs), store)
        page = report.write_report(findings, out)
    if as_json:
        print_json(report.to_records(findings.table))
    else:
        sys.stdout.write((out / "table.md").read_text(encoding="utf-8"))
        print(f"\n{out / 'table.md'}, {out / 'table.csv'}, {out / 'table.tex'}, {out / 'figures'}\nopen {page}")


@app.command(rich_help_panel=STUDIES)
def report(
    folder: Annotated[Path, Argument(help="Output folder of a study.", metavar="OUT")],
    margin: Annotated[
        float | None, Option(help=MARGIN.help, metavar="NUMBER", show_default="that of the study")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write tables, figures and report.html again, from the finished trainings in an output folder.

    Example: imbaloss report results/fraud --margin 0.02
    """
    from imbaloss import studies

    with explain_input_errors():
        study = studies.read_study(folder)
        study = study if margin is None else replace(study, margin=margin)
        store = studies.Store(folder, create=False)
        runs = study.runs()
        if not store.hashes() & {run.hash for run in runs}:
            raise ValueError(
                f"{folder} holds no finished training of study {study.name}: run the study there before its report"
            )
    write_report(study, runs, store, folder, as_json=as_json)


@app.command(rich_help_panel=STUDIES)
def status(
    folder: Annotated[Path, Argument(help="Output folder of a study.", metavar="OUT")],
    as_json: Json = False,
) -> None:
    """Say how many trainings of an output folder are finished, have failed, and are in training now.

    Example: imbaloss status results/table1
    """
    from imbaloss.studies import Status

    with explain_input_errors():
        state = Status.of(folder)
    if as_json:
        print_json(state.to_json())
        return
    print(f"{state.study}: {state.finished} of {state.requested} trainings finished", end="")
    print(f", {state.failed} failed, {state.training} in training now", end="")
    print(f"; {state.unrelated} of other studies" if state.unrelated else "")
    for dataset, (finished, requested) in state.datasets.items():
        print(f"{dataset:14} {finished} of {requested}")


@app.command(rich_help_panel=LOOK_UP)
def losses(
    name: Annotated[str | None, Argument(help="Name of one loss.", show_default="all losses")] = None,
    as_json: Json = False,
) -> None:
    """List the losses: formula, parameters, source, and when to use them.

    Example: imbaloss losses focal
    """
    with explain_input_errors():
        if name is not None:
            check_choice("loss", name, LOSSES)
        from imbaloss import losses as catalogue  # here, since a wrong name is refused without torch

        guide = [catalogue.facts(each) for each in ([name] if name else catalogue.names())]
    if as_json:
        print_json(guide)
        return
    for facts in guide:
        print_loss(facts)
    if not name:
        print("Any pair of an error and a reduction is a loss too, as focal/worst_class:")
        print_entry("errors", ", ".join(catalogue.ERRORS))
        print_entry("reductions", ", ".join(catalogue.REDUCTIONS))


@app.command(rich_help_panel=LOOK_UP)
def datasets(as_json: Json = False) -> None:
    """List the data sets: classes, numbers of images or documents, and origin.

    Example: imbaloss datasets
    """
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


def override_study(study: "Study", context: typer.Context, **axes: Any) -> "Study":
    """Return a copy of the study with the values of the command line; an option that was not used changes nothing.

    Args:
        study: The study that the options change.
        context: The parsed command line, given by typer. It has the options on data and recipe.
        axes: Further fields of the study by name. None leaves a field as it is; a list or a range becomes a tuple.

    Raises:
        ValueError: An entry of the recipe is wrong.
        EntryError: A loss or a sampler is unknown or has a wrong parameter.
    """
    options = used_options(context, DATA_OPTIONS)
    for option, axis in (("protocol", "protocols"), ("sampler", "samplers")):
        if option in options:
            options[axis] = [options.pop(option)]
    axes |= options | {"overrules": recipe_entries(context)}
    changes: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list | range) else value
        for key, value in axes.items()
        if value is not None
    }
    return replace(study, **changes)
