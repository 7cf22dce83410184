"""What all tests share: how hard the random ones try, and where the records are that are too large to check in.

hypothesis profiles: `dev` (default) looks at new examples each time and remembers what failed; `ci` (where CI is set) looks at the
same ones each time, so that a red build is red again; `soak` is for a night. HYPOTHESIS_PROFILE chooses.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

HOUSE = Path(__file__).resolve().parent.parent

# No deadline: how long an example takes is the machine's business; `make bench` is where speed is held to account.
SLOW_MACHINES = [HealthCheck.too_slow]
settings.register_profile("dev", max_examples=50, deadline=None, suppress_health_check=SLOW_MACHINES)
settings.register_profile("ci", max_examples=100, deadline=None, suppress_health_check=SLOW_MACHINES, derandomize=True, print_blob=True)
settings.register_profile("soak", max_examples=5000, deadline=None, suppress_health_check=SLOW_MACHINES, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))


@pytest.fixture(scope="session")
def house() -> Path:
    """Return the root of this checkout."""
    return HOUSE


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder `shared` beside this checkout: real records and oracles that this repository may not ship."""
    folder = HOUSE.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"needs the real records in {folder.name}/ beside the checkout, and there are none")
    return folder
