"""What a bug report needs: versions of imbaloss and its libraries, the machine, and variables that change a run."""

import os
import platform
import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, requires, version

VARIABLES = {  # environment variables that imbaloss or its threads read, each with what it does
    "IMBALOSS_DATA": "folder with CIFAR-100, instead of a download",
    "IMBALOSS_FEATURES": "folder of the features that pretrained models made; by default in the cache",
    "OMP_NUM_THREADS": "number of threads of one process",
    "GOMP_SPINCOUNT": "how long a thread that waits stays awake; imbaloss sets 3000",
    "CUDA_VISIBLE_DEVICES": "GPUs that may be used",
}
SUBSTITUTES = {"xgboost": "xgboost-cpu"}  # builds of other names that will do
EXTRAS_OF_TESTS = ("dev", "peers", "site", "test")
REQUIREMENT = re.compile(r"""([\w.-]+)(?:.*extra == ["'](\w+)["'])?""")  # of a package: name and extra


def describe_environment() -> dict[str, str]:
    """Describe versions, processor, devices and environment variables, by their names in the order to print them.

    Libraries that are not installed and variables that are not set are named as such. Imports torch.
    """
    import torch

    cuda = torch.version.cuda or "none"
    devices = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    return {
        "imbaloss": version("imbaloss"),
        "Python": platform.python_version(),
        "system": platform.platform(),
        "processor": f"{os.cpu_count()} cores with {torch.backends.cpu.get_cpu_capability()}, "
        f"{torch.get_num_threads()} threads",
        "CUDA": f"{cuda}, devices: {', '.join(devices) or 'none'}",
        **read_library_versions(),
        **{name: os.environ.get(name, "not set") for name in VARIABLES},
    }


def read_library_versions() -> Mapping[str, str]:
    """Return the version of each library that imbaloss or an extra of its users requires, by name.

    A library that is missing has "not installed". What only the tests require is left out.
    """
    versions = {}
    for requirement in requires("imbaloss") or ():
        name, extra = REQUIREMENT.match(requirement).groups()  # type: ignore[union-attr]
        if extra in EXTRAS_OF_TESTS:
            continue
        versions[name] = read_version(name) or read_version(SUBSTITUTES.get(name, name)) or "not installed"
    return versions


def read_version(name: str) -> str:
    """Return the version of an installed library; "" if it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
