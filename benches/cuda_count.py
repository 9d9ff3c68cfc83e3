#!/usr/bin/env python3
"""Counts what the fused kernels of a spec are made of on an NVIDIA GPU, without one: registers, what is spilled from them,
and of the instructions in each inner loop the share that are multiply-adds, which bounds the share of the peak from above.

It trains for one batch with tests/cuda/driver.c in the driver's place, and hands what that is given to load to NVIDIA's
assembler. It needs a C compiler and NVIDIA's wheels in --wheels:

    cargo build --features cuda
    pip install --no-deps --target target/wheels nvidia-cuda-nvrtc-cu12==12.9.86 nvidia-cuda-runtime-cu12==12.9.79 \\
        nvidia-cuda-nvcc-cu12==12.9.86 nvidia-cuda-nvdisasm
    python3 benches/cuda_count.py specs/lc_cnn.lcnn --set steps=5
"""

import argparse
import collections
import os
import pathlib
import re
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def load(args, folder):
    """Everything that one batch of training loads, as PTX files in `folder`."""
    include = folder / "include"
    include.mkdir()
    for wheel in ["cuda_runtime", "cuda_nvcc"]:
        for path in (args.wheels / "nvidia" / wheel / "include").resolve().iterdir():
            if not (include / path.name).exists():
                (include / path.name).symlink_to(path)
    cc = ["cc", "-shared", "-fPIC", "-o", folder / "libcuda.so.1", ROOT / "tests/cuda/driver.c"]
    subprocess.run(cc, check=True)
    (folder / "libcuda.so").symlink_to("libcuda.so.1")
    libraries = f"{folder}:{(args.wheels / 'nvidia/cuda_nvrtc/lib').resolve()}"
    environment = {**os.environ, "CUDA_PATH": str(folder), "LD_LIBRARY_PATH": libraries, "STANDIN_PTX": str(folder)}
    sets = [word for value in args.set for word in ["--set", value]]
    run = [args.lcnnc.resolve(), "run", args.spec.resolve(), "--device", "cuda", "--limit", "8", "--epochs", "1", *sets]
    subprocess.run(run, check=True, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    return sorted(folder.glob("*.ptx"))


def loops(sass):
    """The instructions of each innermost loop."""
    instructions, labels, spans = [], {}, set()
    for line in sass.splitlines():
        if label := re.match(r"(\.L_x_\d+):", line.strip()):
            labels[label[1]] = len(instructions)
        elif instruction := re.match(r"\s*/\*[0-9a-f]{4,}\*/\s+(?:@!?U?P\d+\s+)?(.*?);", line):
            instructions.append(instruction[1])
            target = re.match(r"BRA.*`\((\.L_x_\d+)\)", instruction[1])
            if target and target[1] in labels:
                spans.add((labels[target[1]], len(instructions)))
    inner = [a for a in spans if not any(b != a and a[0] <= b[0] and b[1] <= a[1] for b in spans)]
    return [[text.split()[0].split(".")[0] for text in instructions[first:end]] for first, end in sorted(inner)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("spec", type=pathlib.Path)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--lcnnc", type=pathlib.Path, default=ROOT / "target/debug/lcnnc")
    parser.add_argument("--wheels", type=pathlib.Path, default=ROOT / "target/wheels")
    parser.add_argument("--arch", default="sm_90a")
    args = parser.parse_args()
    ptxas, nvdisasm = (next(args.wheels.glob(f"nvidia/*/bin/{tool}"), None) for tool in ["ptxas", "nvdisasm"])
    if not (ptxas and nvdisasm and args.lcnnc.is_file()):
        parser.error(f"needs {args.lcnnc}, and ptxas and nvdisasm below {args.wheels}: --help says how to get them")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for ptx in load(args, folder):
            if ".entry interpret_" not in ptx.read_text():
                continue
            binary = folder / "part.cubin"
            told = subprocess.run([ptxas, f"-arch={args.arch}", "-v", ptx, "-o", binary], check=True, capture_output=True)
            told = told.stderr.decode()
            registers = re.search(r"Used (\d+) registers", told)[1]
            stored, loaded = re.search(r"(\d+) bytes spill stores, (\d+) bytes spill loads", told).groups()
            print(f"fused part: {registers} registers, {stored} bytes spilled and {loaded} read back")
            sass = subprocess.run([nvdisasm, "-c", binary], check=True, capture_output=True).stdout.decode()
            for loop in loops(sass):
                count = collections.Counter(loop)
                if count["FFMA"] >= 64:
                    others = ", ".join(f"{n} {name}" for name, n in count.most_common(6) if name != "FFMA")
                    share = 100 * count["FFMA"] / len(loop)
                    print(f"  inner loop: {count['FFMA']} multiply-adds of {len(loop)} instructions, {share:.0f} %; {others}")


if __name__ == "__main__":
    main()
