"""Writes cpcv.json: splits of skfolio's CombinatorialPurgedCV, and block lengths of arch.

Run by hand, after `pip install skfolio==1.12.2 arch==8.0.0`:

    python make_cpcv.py

`search/validation.rs` reads the result. A split is its training set as ranges, from and up to;
the test groups as ranges; and the path of each. The series of the block lengths are
in the file with them.
"""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
from arch.bootstrap import optimal_block_length
from skfolio.model_selection import CombinatorialPurgedCV

# Observations, groups, test groups, purge, embargo: even, with a rest, and both.
CASES = [
    (12, 3, 2, 0, 0),
    (12, 3, 2, 1, 0),
    (31, 4, 2, 2, 1),
    (60, 6, 2, 3, 2),
    (64, 6, 3, 0, 4),
    (103, 10, 8, 2, 5),
    (50, 5, 4, 4, 0),
]


def ranges(index):
    """[0, 1, 2, 5] as [[0, 3], [5, 6]]."""
    runs = np.split(index, np.flatnonzero(np.diff(index) != 1) + 1)
    return [[int(run[0]), int(run[-1]) + 1] for run in runs if len(run)]


def case(observations, groups, test_groups, purge, embargo):
    cv = CombinatorialPurgedCV(groups, test_groups, purge, embargo)
    paths = cv.get_path_ids()
    splits = [
        {"train": ranges(train), "tests": [ranges(t)[0] for t in tests], "paths": ids.tolist()}
        for (train, tests), ids in zip(cv.split(np.zeros((observations, 1))), paths, strict=True)
    ]
    return {
        "observations": observations,
        "groups": groups,
        "test_groups": test_groups,
        "purge": purge,
        "embargo": embargo,
        "paths": int(cv.n_test_paths),
        "splits": splits,
    }


def series():
    """Noise, and autoregressions of either sign, rounded so that the file is short."""
    random = np.random.default_rng(2009)
    for n, rho in [(250, 0.0), (365, 0.3), (365, -0.3), (200, 0.7), (120, 0.9)]:
        noise = random.standard_normal(n)
        values = [noise[0]]
        for shock in noise[1:]:
            values.append(rho * values[-1] + shock)
        rounded = [round(float(v), 4) for v in values]
        block = float(optimal_block_length(np.array(rounded))["stationary"].iloc[0])
        yield {"rho": rho, "values": rounded, "block": block}


out = {
    "versions": {name: version(name) for name in ("skfolio", "arch", "numpy")},
    "cpcv": [case(*c) for c in CASES],
    "block_length": list(series()),
}
Path(__file__).with_name("cpcv.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
