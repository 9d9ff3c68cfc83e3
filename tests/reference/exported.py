#!/usr/bin/env python3
"""Run exported nets in PyTorch, and compare them with the numbers beside them.

    python exported.py FOLDER        # NAME.py and NAME.safetensors, as tests/nets/agreement/exported.rs writes them

Weights must load strictly. Scores and loss must agree within 1e-12 of the largest number, gradients within 1e-9, and so must the last
value of each module that has a value's name, which must be called as often as the value is made.
"""

import importlib.util
import math
import pathlib
import sys

import torch
from safetensors.torch import load_file

torch.set_default_dtype(torch.float64)
EXACT, GRADIENTS = 1e-12, 1e-9


def off(found, expected):
    """The largest difference over the largest number; numbers that are none must be none on both sides."""
    found, expected = found.detach().reshape(-1), expected.reshape(-1)
    assert found.shape == expected.shape, (found.shape, expected.shape)
    known = expected.isfinite()
    if not torch.equal(known, found.isfinite()):
        return math.inf
    found, expected = found[known], expected[known]
    if found.numel() == 0:
        return 0.0
    largest = expected.abs().max().item()
    wrong = (found - expected).abs().max().item()
    return wrong / largest if largest > 0 else wrong


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    nets = [x for x in vars(module).values() if isinstance(x, type) and hasattr(x, "penalties")]
    return nets[0]()


def compare(path):
    """The deviations of scores, loss, gradients and named values, and how many of these were found."""
    net = load(path)
    file = load_file(path.with_suffix(".safetensors"))
    part = lambda prefix: {k[len(prefix) :]: v for k, v in file.items() if k.startswith(prefix)}
    weights = part("param.")
    net.load_state_dict(dict(weights), strict=True)
    own = net.state_dict()
    assert all(torch.equal(own[name], weights[name]) for name in weights), "saved under other names"
    net.train(bool(file["trains"].item()))
    calls, values = {}, {}

    def hook(name):
        def keep(module, args, result):
            calls[name] = calls.get(name, 0) + 1
            values[name] = result

        return keep

    for name, module in net.named_modules():
        module.register_forward_hook(hook(name))
    image = file["image"]
    scores = net(image)
    found = []
    ends = {}
    for name in values:
        words = name.split(".")
        for n in range(len(words)):
            ends.setdefault(".".join(words[n:]), []).append(name)
    for name, value in part("value.").items():
        here = ends.get(name.removesuffix("'"), [])
        if len(here) == 1 and isinstance(values[here[0]], torch.Tensor):
            twin = file.get(f"count.{name.removesuffix(chr(39))}", torch.zeros(1)).item()
            twin += file[f"count.{name}"].item() if name.endswith("'") else 0
            if name.endswith("'"):
                assert calls[here[0]] == twin, (name, calls[here[0]], twin)
                found.append(off(values[here[0]], value))
            elif f"count.{name}'" not in file:
                assert calls[here[0]] == twin, (name, calls[here[0]], twin)
                found.append(off(values[here[0]], value))
    net.load_state_dict(dict(weights), strict=True)
    net.zero_grad()
    loss = net.loss(image, torch.arange(len(image)))
    loss.backward()
    names = dict(net.named_parameters())
    by_spec = {}
    state = net.state_dict(keep_vars=True)
    for name in weights:
        by_spec[name] = state[name]
    gradients = part("grad.")
    wrong = [off(by_spec[name].grad if by_spec[name].grad is not None else torch.zeros_like(g), g) for name, g in gradients.items()]
    for name, x in by_spec.items():
        assert name in gradients or x.grad is None or not x.grad.any(), f"{name} has a gradient"
    return [off(scores, file["logits"]), off(loss, file["loss"]), max(wrong, default=0.0), max(found, default=0.0)], len(found)


def main(folder):
    failed = False
    worst = [0.0] * 4
    total = 0
    for path in sorted(pathlib.Path(folder).glob("*.py")):
        try:
            numbers, count = compare(path)
        except Exception as error:
            print(f"FAILED {path.stem}: {type(error).__name__}: {error}")
            failed = True
            continue
        total += 1
        bad = max(numbers[0], numbers[1], numbers[3]) > EXACT or numbers[2] > GRADIENTS
        failed |= bad
        if path.stem.startswith("random"):
            worst = [max(a, b) for a, b in zip(worst, numbers)]
        if bad or not path.stem.startswith("random"):
            line = "  ".join(f"{x:7.1e}" for x in numbers)
            print(f"{'FAILED ' if bad else ''}{path.stem:24} {line}  {count:3} values  {len(path.read_text().splitlines()):4} lines")
    print(f"{total} nets; the worst of random ones: " + "  ".join(f"{x:7.1e}" for x in worst))
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
