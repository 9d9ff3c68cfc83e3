#!/usr/bin/env python3
"""Check exported ONNX files, run them in onnxruntime, and compare them with the numbers beside them.

    python exported_onnx.py FOLDER        # NAME.FORM.onnx, as tests/nets/agreement/exported_onnx.rs writes them

Every file must pass onnx's checker with shapes inferred. What it gives in single precision, for three images and for one, must agree with
the numbers in double precision within 1e-5 of the largest one. What a form is compared with:

    unrolled, loops, beside      the scores, in NAME.values
    values, loopvalues           every value of the net, in NAME.values
    pictures                     pictures of several sizes, in NAME.safetensors, and what they become
"""

import collections
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from safetensors.numpy import load_file

NEAR = 1e-5
IMAGES, SCORES = "the images", "the scores"


def deviation(found, expected, what):
    """The largest deviation over the largest number."""
    assert found.shape == expected.shape, (what, found.shape, expected.shape)
    assert found.dtype == np.float32, (what, found.dtype)
    known = np.isfinite(expected)
    assert np.isfinite(found[known]).all(), what
    largest = max(np.abs(expected[known]).max(initial=0.0), 1e-30)
    return np.abs(found[known] - expected[known]).max(initial=0.0) / largest, what


def deviations(path, name, form):
    onnx.checker.check_model(str(path), full_check=True)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (given,) = [it.name for it in session.get_inputs()]
    outputs = [it.name for it in session.get_outputs()]
    if form == "pictures":
        file = load_file(path.with_name(f"{name}.safetensors"))
        sizes = [key.removeprefix("raw.") for key in file if key.startswith("raw.")]
        for size in sizes:
            (found,) = session.run(None, {given: file[f"raw.{size}"]})
            yield deviation(found, file[f"seen.{size}"], size)
        assert sizes
        return
    known = load_file(path.with_name(f"{name}.values"))
    if "values" in form:
        assert sorted(outputs) == sorted(known.keys() - {SCORES, IMAGES}), outputs
    else:
        assert len(outputs) == 1, outputs
        known[outputs[0]] = known[SCORES]
    image = known[IMAGES].astype(np.float32)
    for batch in (3, 1):
        for output, found in zip(outputs, session.run(None, {given: image[:batch]}), strict=True):
            yield deviation(found, known[output][:batch], output)


def main(folder):
    failed, worst = False, {}
    files, compared = collections.Counter(), collections.Counter()
    for path in sorted(pathlib.Path(folder).glob("*.onnx")):
        name, form, _ = path.name.rsplit(".", 2)
        group = form, "random nets" if name.startswith("random") else "named nets"
        try:
            found = list(deviations(path, name, form))
        except Exception as error:
            print(f"FAILED {path.name}: {type(error).__name__}: {str(error)[:300]}")
            failed = True
            continue
        files[group] += 1
        compared[group] += len(found)
        if not found:
            continue
        wrong, what = max(found)
        worst[group] = max(worst.get(group, (0.0, "")), (float(wrong), f"{what} of {name}"))
        if not wrong <= NEAR:
            failed = True
            print(f"FAILED {path.name:40} {what:20} {wrong:7.1e}")
    for group in files:
        wrong, what = worst.get(group, (0.0, "nothing"))
        form, nets = group
        print(f"{form:10} {nets:12} {files[group]:4} files, {compared[group]:5} arrays, {wrong:7.1e} of the largest, {what}")
    return failed or not files


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
