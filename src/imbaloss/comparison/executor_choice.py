"""The choice of the executor of a comparison: this process, or worker processes where they pay."""

from collections.abc import Sequence

from imbaloss.comparison.own_data import Own
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.comparison.schedule import FEWEST
from imbaloss.comparison.study import OwnStudy
from imbaloss.studies import HERE, PROCESSES, RAY, Executor, Job, count_processors, cut_into_stacks, make_executor

WORTH = 3e11  # multiplications from which on workers pay for their start: about half a minute of work
MOST_VALUES = 20_000_000  # numbers up to which each worker prepares inputs; for more, matrices are large enough
MOST_WORKERS = 8  # so that memory suffices on machines with many processors


def choose_executor(request: ComparisonRequest, study: OwnStudy, own: Own) -> Executor:
    """Return the executor that the request names or implies.

    Otherwise the command line uses worker processes where they pay, and Python this process: a worker would run the
    person's program again.

    Args:
        request: The request.
        study: Its study; with a budget it has one repetition.
        own: The data.

    Raises:
        ValueError: There is no such executor, an option belongs to another one, or Ray is not installed.
        ConnectionError: No Ray cluster answers at the address.
    """
    named = make_named_executor(request)
    if named is None and request.command and request.device == "cpu":
        jobs = cut_into_stacks(study.runs_of_repetition(0), {study.name: own})
        if pays(jobs, max(study.repetitions, FEWEST), own):
            return make_executor(PROCESSES, workers=min(count_processors(), MOST_WORKERS))
    return named or make_executor(HERE)


def make_named_executor(request: ComparisonRequest) -> Executor | None:
    """Return the executor that the request names, also by the number of workers or an address; None if it names none.

    Raises:
        ValueError: There is no such executor, an option belongs to another one, or Ray is not installed.
        ConnectionError: No Ray cluster answers at the address.
    """
    name = request.executor or (PROCESSES if request.workers else RAY if request.address else None)
    return None if name is None else make_executor(name, workers=request.workers, address=request.address)


def pays(jobs: Sequence[Job], repetitions: int, own: Own) -> bool:
    """Say whether worker processes are faster than this process alone, and memory suffices for their inputs.

    With large batches this process keeps all processors busy; with small ones a stack uses little more than one.
    Learners of other libraries fit several settings at once here, and one waits for the longest of them.

    Args:
        jobs: The stacks of one repetition.
        repetitions: The number of repetitions.
        own: The data.
    """
    work = repetitions * sum(job.work_of(job.runs) for job in jobs)
    return count_processors() > 1 and work >= WORTH and len(own.labels) * own.inputs <= MOST_VALUES
