"""The peer R-3PO on Ray, as its README has it: a config.yaml, two processes, a table and markers for each.

r3po_ray.py FOLDER OUT"""

import os
import sys
import tempfile
from pathlib import Path

import yaml
from count_fruits import CATEGORIES, WORKERS, count_fruits


def main() -> None:
    folder, out = map(os.path.abspath, sys.argv[1:])
    Path(out).mkdir()
    config = {
        "job_name": "count_fruits",
        "output_path": out,
        "processes": WORKERS,
        "source_file_part": ".json",
        "source_path": folder,
        "working_dir": out + "/working",
    }
    # R-3PO writes its config.yaml into the current folder.
    os.chdir(out)
    Path("config.yaml").write_text(yaml.safe_dump(config))

    # Ray's sockets need a short path, and their folder is not to stay behind.
    with tempfile.TemporaryDirectory(prefix="ray") as sockets:
        os.environ["RAY_TMPDIR"] = sockets
        os.environ["PYTHONPATH"] = os.path.dirname(os.path.abspath(__file__))
        import ray
        from r3po import jobbuilder, jobrunner

        def count(path: str) -> dict:
            return {"path": os.path.relpath(path, folder), **dict(zip(CATEGORIES, count_fruits(path)))}

        jobbuilder.build_jobs("config.yaml")
        jobrunner.run_jobs(os.path.abspath("config.yaml"), count)
        ray.shutdown()


if __name__ == "__main__":
    main()
