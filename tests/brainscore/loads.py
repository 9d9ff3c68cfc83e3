"""Loads plug-ins that `lcnnc export --to brainscore` writes through Brain-Score's own package, and holds what it records against a
forward pass: no difference at any step.

    cargo build && PYTHON=... python3 tests/brainscore/loads.py

It makes an environment in `target/brainscore`, with Brain-Score and what it needs here; the Python that `PYTHON` names has torch, which is
taken from there. Where the packages cannot be had, it says so and ends with 77.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / "target" / "brainscore"
LCNNC = Path(os.environ.get("LCNNC", ROOT / "target" / "debug" / "lcnnc"))
PACKAGES = """numpy<2 scikit-learn<1.6 xarray<2022.6 pandas<2 scipy<1.14 dask tqdm pillow pyyaml requests netcdf4<1.7.3 boto3 peewee pybtex fire
opencv-python-headless<4.11 h5py<3.12 networkx psutil safetensors psycopg2-binary gitpython importlib-metadata<5"""

# Several areas in one loop, the last of which the image reaches a step late.
AREAS = """model Areas
input image: [3, 48, 48]
weights B1: conv(3 -> 4, kernel: 3)
weights B2: conv(4 -> 4, kernel: 3)
weights T1: conv(4 -> 4, kernel: 3, bias: false)
V1 = relu(conv(image, 4, kernel: 3))
loop cortex(steps: 3) {
    state V2 = zeros(4, 48, 48)
    state V4 = zeros(4, 48, 48)
    V2' = relu(B1 * image + T1 * V4)
    V4' = relu(B2 * V2)
    IT = relu(global_avg_pool(V4'))
}
logits = dense(V4, classes)
output logits
train { epochs: 1 }
data { transform: [colour, normalise] }
"""
PLAIN = """model Plain
input image: [1, 16, 16]
h = relu(conv(image, 4, kernel: 3))
IT = max_pool(h, 2)
logits = dense(IT, classes)
output logits
train { epochs: 1 }
data { transform: [grayscale, resize(16)] }
"""


def environment():
    """The Python of the environment, which is made where there is none."""
    python = PLACE / "venv" / "bin" / "python"
    if not (PLACE / "made").exists():
        parent = os.environ.get("PYTHON", sys.executable)
        subprocess.run([parent, "-m", "venv", "--clear", PLACE / "venv"], check=True)
        install = [python, "-m", "pip", "install", "-q"]
        own = ["brainscore_vision==2.4.2", "brainscore_core==2.5.0", "result_caching==0.5"]
        for command in ([*install, "--no-deps", *own], [*install, *PACKAGES.split()]):
            if subprocess.run(command).returncode != 0:
                print("skipped: the packages cannot be had")
                sys.exit(77)
        paths = "import sysconfig; print(sysconfig.get_path('purelib'))"
        torch, here = (subprocess.check_output([it, "-c", paths], text=True).strip() for it in (parent, python))
        (Path(here) / "zz_torch.pth").write_text(torch + "\n")
        (PLACE / "made").touch()
    return python


def export(folder, spec, more, flags):
    """Trains a spec for an epoch and exports it into a folder."""
    work = PLACE / "work" / folder
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    if not spec.endswith(".lcnn"):
        (work / "net.lcnn").write_text(spec)
        spec = work / "net.lcnn"
    train = f"--device cpu --epochs 1 --limit 64 --limit-test 32 --no-tensorboard --runs {work}"
    subprocess.run([LCNNC, "run", spec, *train.split(), *more], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    run = next(work.glob("*/*/manifest.json")).parent
    subprocess.run([LCNNC, "export", run, "--to", "brainscore", "--out", work / folder, *flags], check=True, cwd=ROOT)
    return work / folder


def main():
    python = environment()
    package = "import brainscore_vision, os; print(os.path.dirname(brainscore_vision.__file__))"
    package = Path(subprocess.check_output([python, "-W", "ignore", "-c", package], text=True).split()[-1])
    loops = ROOT / "specs" / "lc_cnn.lcnn"
    folders = [
        export("lcnnc_loop", str(loops), ["--set", "steps=4"], ["--ms-per-step", "12.5"]),
        export("lcnnc_areas", AREAS, [], []),
        export("lcnnc_plain", PLAIN, [], ["--map", "V4=h"]),
    ]
    for folder in folders:
        shutil.rmtree(package / "models" / folder.name, ignore_errors=True)
        shutil.copytree(folder, package / "models" / folder.name)
    names = json.dumps([folder.name for folder in folders])
    quiet = {"RESULTCACHING_DISABLE": "1", "BS_INSTALL_DEPENDENCIES": "no", "PYTHONWARNINGS": "ignore"}
    inner = Path(__file__).with_name("compared.py")
    subprocess.run([python, inner, names], check=True, cwd=PLACE, env={**os.environ, **quiet})


main()
