#!/usr/bin/env python3
"""Check exported ONNX files, run them in onnxruntime, and compare them with the numbers beside them.

    python exported_onnx.py FOLDER        # NAME.FORM.onnx and NAME.safetensors, as tests/nets/agreement/exported.rs writes them

Every file must pass onnx's checker with shapes inferred. Scores in single precision, for one image and for three, must agree with those
in double precision within 1e-5 of the largest score.
"""

import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from safetensors.numpy import load_file

SCORES = 1e-5


def compare(path, file):
    """The largest deviation over the largest score."""
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    image, wrong = file["image"].astype(np.float32), []
    for batch in (3, 1):
        found = session.run(None, {name: image[:batch]})[0]
        expected = file["eval.logits"].reshape(len(image), -1)[:batch]
        assert found.shape == expected.shape, (found.shape, expected.shape)
        known = np.isfinite(expected)
        largest = max(np.abs(expected[known]).max(initial=0.0), 1e-30)
        wrong.append(np.abs(found[known] - expected[known]).max(initial=0.0) / largest)
    return max(wrong)


def main(folder):
    failed, worst, count = False, {}, 0
    for path in sorted(pathlib.Path(folder).glob("*.onnx")):
        name, form, _ = path.name.rsplit(".", 2)
        try:
            wrong = compare(path, load_file(path.with_name(f"{name}.safetensors")))
        except Exception as error:
            print(f"FAILED {path.name}: {type(error).__name__}: {str(error)[:300]}")
            failed = True
            continue
        count += 1
        group = (form, "random" if name.startswith("random") else "named")
        worst[group] = max(worst.get(group, (0.0, "")), (float(wrong), name))
        if not wrong <= SCORES:
            failed = True
            print(f"FAILED {path.name:40} {wrong:7.1e}")
    for group, (wrong, name) in worst.items():
        print(*group, f"{wrong:7.1e} of the largest score, {name}")
    print(f"{count} files")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
