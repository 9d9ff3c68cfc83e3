"""A sweep on HyperQueue's engine against the same sweep without it: tests/cluster/on_hyperqueue.py [LCNNC]

It needs the package `hyperqueue`, which holds the engine as a library and no `hq`: so the script that `lcnnc sweep run --on hyperqueue`
writes is taken apart here, and its tasks are handed to a server and a worker in this process. The tables must be equal to the bit.
"""

import pathlib
import shlex
import subprocess
import sys
import tempfile

from hyperqueue import Job, LocalCluster
from hyperqueue.cluster import WorkerConfig
from hyperqueue.ffi.protocol import ResourceRequest

SPEC = """\
model Small
const width = 2
input image: [1, 12, 12]
weights W: conv(1 -> width, kernel: 3)
A = relu(W * image)
logits = dense(global_avg_pool(A), classes)
output logits
data {
    transform: [resize(12)]
}
"""
SWEEP = """\
seeds: 4
always: {epochs: 20, limit: 400, limit_test: 50}
grids:
  - {spec: small.lcnn, set: {width: [1, 2]}, lr: 0.1}
table: {rows: width}
hyperqueue: {cpus: 1, time: 1 h, tries: 3}
"""


def numbers(ranges: str) -> list[int]:
    ends = [part.split("-") for part in ranges.split(",")]
    return [number for end in ends for number in range(int(end[0]), int(end[-1]) + 1)]


def main() -> None:
    built = pathlib.Path(__file__).parents[2] / "target/debug/lcnnc"
    lcnnc = str(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else built).resolve())
    with tempfile.TemporaryDirectory() as place:
        here = pathlib.Path(place)
        (here / "small.lcnn").write_text(SPEC)
        (here / "sweep.yaml").write_text(SWEEP)

        def said(*words: str) -> str:
            command = [lcnnc, "sweep", *words]
            return subprocess.run(command, cwd=here, check=True, capture_output=True, text=True).stdout

        sweep = ["run", "sweep.yaml", "--device", "cpu", "--no-tensorboard", "--into"]
        said(*sweep, "alone", "--threads", "1")
        print(said(*sweep, "tasks", "--on", "hyperqueue", "--write", "out"), end="")
        words = shlex.split((here / "out/hyperqueue.sh").read_text().replace("\\\n", ""), comments=True)
        assert words[:3] == ["exec", "hq", "submit"], words
        options, command = words[3 : words.index("--")], words[words.index("--") + 1 :]
        of = dict(zip(options[::2], options[1::2]))
        assert numbers(of["--array"]) == list(range(8)), of

        with LocalCluster() as cluster:
            cluster.start_worker(WorkerConfig(cores=2))
            client = cluster.client()
            job = Job(max_fails=None)
            for _ in numbers(of["--array"]):
                job.program(
                    command,
                    cwd=of["--cwd"],
                    stdout=of["--stdout"],
                    stderr=of["--stderr"],
                    resources=ResourceRequest(cpus=int(of["--cpus"])),
                    crash_limit=int(of["--crash-limit"]),
                )
            client.wait_for_jobs([client.submit(job)])
        print(said("status", "tasks"), end="")
        alone, tasks = (said("table", folder, "--format", "json") for folder in ("alone", "tasks"))
        assert alone == tasks, tasks
        assert len(list((here / "tasks/hyperqueue").iterdir())) == 8
        print(said("table", "tasks"), end="")
        print("the tables are equal")


if __name__ == "__main__":
    main()
