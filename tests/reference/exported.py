#!/usr/bin/env python3
"""Run exported nets in PyTorch, and compare them with the numbers beside them.

    python exported.py FOLDER        # NAME.py and NAME.safetensors, as tests/nets/agreement/exported.rs writes them

Weights must load strictly, and be saved under the names that they came with. Scores, loss and the last value of each module of a
named value must agree within 1e-12 of the largest number, gradients within 1e-11; and such a module must be called as often as the
value is made. In training, where batch norms divide by the deviation of three images, gradients must agree within 1e-7 of the largest
gradient of the net. Kernels after a sleep that sees the same patterns must agree within 1e-12 of the largest. Pictures that `preprocess` has seen, in single precision, must agree within 2e-6 of the largest number.
"""

import importlib.util
import itertools
import math
import pathlib
import sys

import torch
from safetensors.torch import load_file

torch.set_default_dtype(torch.float64)
EXACT, GRADIENTS, TRAINING, PIXELS = 1e-12, 1e-11, 1e-7, 2e-6


def off(found, expected, scale=0.0):
    """The largest difference over the largest number; numbers that are none must be none on both sides."""
    found, expected = found.detach().reshape(-1), expected.reshape(-1)
    assert found.shape == expected.shape, (found.shape, expected.shape)
    known = expected.isfinite()
    if not torch.equal(known, found.isfinite()):
        return math.inf
    found, expected = found[known], expected[known]
    if found.numel() == 0:
        return 0.0
    largest = max(expected.abs().max().item(), scale)
    wrong = (found - expected).abs().max().item()
    return wrong / largest if largest > 0 else wrong


def load_module(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def load(path):
    return next(x for x in vars(load_module(path)).values() if isinstance(x, type) and hasattr(x, "penalties"))()


def watch(net):
    """The calls of every module, and the last value of each."""
    calls, values = {}, {}

    def hook(name):
        def keep(module, args, result):
            calls[name] = calls.get(name, 0) + 1
            values[name] = result

        return keep

    handles = [module.register_forward_hook(hook(name)) for name, module in net.named_modules()]
    return calls, values, handles


def compare(path):
    """The deviations of scores, loss, gradients, training and named values, and how many of these were found."""
    net = load(path)
    file = load_file(path.with_suffix(".safetensors"))
    part = lambda prefix: {k[len(prefix) :]: v for k, v in file.items() if k.startswith(prefix)}
    weights = part("param.")
    if path.stem == "hgru":
        # A bank of Gabor functions is the same everywhere.
        assert off(net.X.conv.weight, weights["X.conv.weight"]) < EXACT, "other Gabor functions"
    net.load_state_dict(dict(weights), strict=True)
    own = net.state_dict()
    assert all(torch.equal(own[name], weights[name]) for name in weights), "saved under other names"
    image, training, found = file["image"], [0.0], []
    for mode in ["eval", "train"]:
        if f"{mode}.loss" not in file:
            continue
        net.train(mode == "train")
        net.zero_grad()
        calls, values, handles = watch(net)
        loss = net.loss(image, torch.arange(len(image)))
        loss.backward()
        [handle.remove() for handle in handles]
        with torch.no_grad():
            scores = net(image)
        gradients = part(f"{mode}.grad.")
        largest = max((g.abs().max().item() for g in gradients.values()), default=0.0) if mode == "train" else 0.0
        wrong = [0.0]
        for name, x in net.state_dict(keep_vars=True).items():
            if name in gradients:
                wrong.append(off(torch.zeros_like(x) if x.grad is None else x.grad, gradients[name], largest))
            else:
                assert x.grad is None or not x.grad.any(), f"{name} has a gradient"
        results = [off(scores, file[f"{mode}.logits"]), off(loss, file[f"{mode}.loss"]), max(wrong)]
        if mode == "train":
            training = results
            continue
        exact = results
        ends = {}
        for name in values:
            words = name.split(".")
            for n in range(len(words)):
                ends.setdefault(".".join(words[n:]), []).append(name)
        for name, value in part("value.").items():
            here = ends.get(name, [])
            # A name that ends several paths says which only to those who know the loops.
            if len(here) == 1:
                count = file[f"count.{name}"].item()
                assert calls[here[0]] == count, f"{name} is called {calls[here[0]]} times and not {count}"
                found.append(off(values[here[0]], value))
    return exact + [max(training), max(found, default=0.0)], len(found)


def compare_pictures(path):
    """The largest difference over the largest number, for the pictures beside the file."""
    module = load_module(path)
    file = load_file(path.with_suffix(".safetensors"))
    pairs = [(raw, file["seen." + name[4:]]) for name, raw in file.items() if name.startswith("raw.")]
    assert pairs, "no pictures"
    return max(off(module.preprocess(raw), seen) for raw, seen in pairs)


def compare_sleep(path):
    """The largest difference over the largest weight behind a sleep in which all modules see the patterns beside the file."""
    net = load(path)
    file = load_file(path.with_suffix(".safetensors"))
    weight = next(x for x in net.parameters() if x.ndim == 6)
    with torch.no_grad():
        weight.copy_(file["awake"])
    patterns, drawn, normal = file["patterns"], itertools.count(), torch.Tensor.normal_
    torch.Tensor.normal_ = lambda self: self.copy_(patterns[next(drawn) % len(patterns)].reshape(self.shape))
    net.sleep()
    torch.Tensor.normal_ = normal
    return off(weight, file["asleep"])


def main(folder):
    failed, total, counted, worst = False, 0, 0, [0.0] * 5
    for path in sorted(pathlib.Path(folder).glob("*.py")):
        try:
            if path.stem.startswith("seen"):
                pixels = compare_pictures(path)
                failed |= pixels > PIXELS
                print(f"{'FAILED ' if pixels > PIXELS else ''}{path.stem:20} {pixels:7.1e} of the largest number")
                continue
            if path.stem.startswith("asleep"):
                wrong = compare_sleep(path)
                failed |= wrong > EXACT
                print(f"{'FAILED ' if wrong > EXACT else ''}{path.stem:20} {wrong:7.1e} of the largest weight after a sleep")
                continue
            numbers, count = compare(path)
        except Exception as error:
            print(f"FAILED {path.stem}: {type(error).__name__}: {error}")
            failed = True
            continue
        total, counted = total + 1, counted + count
        scores, loss, gradients, training, values = numbers
        bad = max(scores, loss, values) > EXACT or gradients > GRADIENTS or training > TRAINING
        failed |= bad
        is_random = path.stem.startswith("random")
        if is_random:
            worst = [max(a, b) for a, b in zip(worst, numbers)]
        if bad or not is_random:
            line = "  ".join(f"{x:7.1e}" for x in numbers)
            lines = len(path.read_text().splitlines())
            print(f"{'FAILED ' if bad else ''}{path.stem:20} {line}  {count:3} values  {lines:4} lines")
    print("scores, loss, gradients, training, values: the worst of random nets " + "  ".join(f"{x:7.1e}" for x in worst))
    print(f"{total} nets, {counted} values")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
