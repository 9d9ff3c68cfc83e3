#!/usr/bin/env python3
"""Layers without weight sharing beside PyTorch's ways to write them, on this machine, in one run: prints two tables.

    cargo build --release
    python3 benches/local_beside.py --data-root DIR [--threads 2] [--rounds 3] [--parts layers,net]

`layers`: one layer of each of ResNet-20's three shapes, 3 x 3: forward, the gradients of input and weights, and a step of AdamW.
`net`: a step of ResNet-20 in which every convolution has kernels of its own at each place (specs/lc_resnet20.lcnn, 40.8 million
weights), with weight decay, AdamW and gradients clipped to a norm of 1; ours is `lcnnc run` on CIFAR-10 with its loader, and the
images per second of every epoch but the first.

PyTorch has no such layer. Two ways to write one are timed, `unfold` with `einsum` and with `bmm`, each eager and compiled, and the
best one counts. Both sides alternate, and of each the median is taken. Memory is the most that a process has held, libraries
included. Needs torch and, for its compiler, a C++ compiler; run it on an idle machine.
"""
import argparse, datetime, json, os, statistics, subprocess, sys, tempfile, time

from peer import KEEP
from side_by_side import ROOT, carried_out, figure, processor

SHAPES = [(channels, size, images) for images in (64, 512) for channels, size in ((16, 32), (32, 16), (64, 8))]
VARIANTS = ["einsum eager", "einsum compile", "bmm eager", "bmm compile"]


def local_class():
    import torch
    import torch.nn.functional as F
    from torch import nn

    class Local(nn.Module):
        def __init__(self, inputs, outputs, size, kernel, stride, way):
            super().__init__()
            self.kernel, self.stride, self.way, self.size = kernel, stride, way, size // stride
            places, taps = self.size**2, inputs * kernel**2
            self.weight = nn.Parameter(torch.randn(places, outputs, taps) * (2 / (outputs * kernel**2)) ** 0.5)

        def forward(self, x):
            windows = F.unfold(x, self.kernel, padding=self.kernel // 2, stride=self.stride)
            if self.way == "einsum":
                y = torch.einsum("nkl,lok->nol", windows, self.weight)
            else:
                y = torch.bmm(self.weight, windows.permute(2, 1, 0)).permute(2, 1, 0)
            return y.reshape(len(x), -1, self.size, self.size)

    return Local


def resnet20(way):
    import torch.nn.functional as F
    from torch import nn

    Local = local_class()

    def connected(inputs, outputs, size, kernel, stride=1):
        return nn.Sequential(Local(inputs, outputs, size, kernel, stride, way), nn.BatchNorm2d(outputs))

    class Basic(nn.Module):
        def __init__(self, inputs, planes, size, stride=1):
            super().__init__()
            self.first = connected(inputs, planes, size, 3, stride)
            self.second = connected(planes, planes, size // stride, 3)
            is_same = stride == 1 and inputs == planes
            self.skip = nn.Identity() if is_same else connected(inputs, planes, size, 1, stride)

        def forward(self, x):
            return F.relu(self.second(F.relu(self.first(x))) + self.skip(x))

    blocks, inputs, size = [connected(3, 16, 32, 3), nn.ReLU()], 16, 32
    for planes, stride in [(16, 1), (32, 2), (64, 2)]:
        blocks.append(Basic(inputs, planes, size, stride))
        inputs, size = planes, size // stride
        blocks += [Basic(planes, planes, size) for _ in range(2)]
    return nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def peer(asked):
    """Milliseconds of a step of PyTorch's."""
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(asked["threads"])
    torch.manual_seed(0)
    way, mode = asked["variant"].split()
    if "shape" in asked:
        channels, size, images = asked["shape"]
        net = local_class()(channels, channels, size, 3, 1, way)
        x = torch.rand(images, channels, size, size, requires_grad=True)
        dy = torch.rand(images, channels, size, size)
        forward = torch.compile(net) if mode == "compile" else net

        def backward():
            x.grad = None
            forward(x).backward(dy)
    else:
        net, images = resnet20(way), asked["batch"]
        x, labels = torch.rand(images, 3, 32, 32), torch.randint(0, 10, (images,))

        def loss():
            return F.cross_entropy(net(x), labels)

        loss = torch.compile(loss) if mode == "compile" else loss

        def backward():
            loss().backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)

    optimizer, took = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=1e-2, fused=True), []
    for _ in range(4):
        optimizer.zero_grad(set_to_none=True)
        backward()
        optimizer.step()
    start = time.perf_counter()
    while len(took) < 5 or time.perf_counter() - start < asked["seconds"]:
        began = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        backward()
        optimizer.step()
        took.append(1e3 * (time.perf_counter() - began))
    print(statistics.median(took))


def theirs(args, asked):
    asked |= {"threads": args.threads, "seconds": args.seconds}
    command = [sys.executable, os.path.abspath(__file__), "--peer", json.dumps(asked)]
    printed, memory = carried_out(command, env={**os.environ, **KEEP})
    return None if printed is None else (float(printed), memory)


def our_layer(args, shape):
    environment = {**os.environ, "RAYON_NUM_THREADS": str(args.threads)}
    printed, memory = carried_out([args.bench, *map(str, shape), str(args.seconds)], env=environment)
    return (float(printed), memory) if printed else sys.exit("the bench has failed: see above")


def our_net(args, batch):
    with tempfile.TemporaryDirectory() as runs, open(os.path.join(ROOT, "specs/lc_resnet20.lcnn")) as spec:
        clipped = os.path.join(runs, "lc_resnet20.lcnn")
        with open(clipped, "w") as file:
            file.write(spec.read().replace("    batch: 512\n", "    batch: 512\n    clip: 1\n"))
        command = [args.lcnnc, "run", clipped, "--dataset", "cifar10", "--data-root", args.data_root,
                   "--batch", str(batch), "--epochs", "3", "--limit", str(12 * batch), "--limit-test", "16", "--threads", str(args.threads),
                   "--runs", os.path.join(runs, "runs"), "--no-tensorboard", "--device", "cpu"]
        printed, memory = carried_out(command)
        if printed is None:
            sys.exit(f"{' '.join(command)}: see above")
        (spec_dir,) = os.scandir(os.path.join(runs, "runs"))
        (run,) = os.scandir(spec_dir.path)
        with open(os.path.join(run.path, "metrics.jsonl")) as lines:
            speeds = [json.loads(line)["images_per_second"] for line in lines][1:]
        return 1e3 * batch / statistics.median(speeds), memory


def compared(args, name, ours, asked):
    """A line of a table: both sides in turn, several times."""
    mine, peers = [], {variant: [] for variant in VARIANTS}
    for _ in range(args.rounds):
        mine.append(ours())
        for variant in VARIANTS:
            found = theirs(args, asked | {"variant": variant})
            peers[variant] += [found] if found else []

    def middle(found):
        return statistics.median(took for took, _ in found), max(memory for _, memory in found)

    best = min((variant for variant in VARIANTS if peers[variant]), key=lambda variant: middle(peers[variant])[0])
    (left, held), (right, held_by_peer) = middle(mine), middle(peers[best])
    least = min(middle(found)[1] for found in peers.values() if found)
    row = [name, figure(left), figure(right), best, f"{right / left:.1f} x", f"{held >> 20}, {held_by_peer >> 20}, {least >> 20}"]
    print(f"| {' | '.join(row)} |", flush=True)


def main():
    if sys.argv[1:2] == ["--peer"]:
        return peer(json.loads(sys.argv[2]))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-root", help="where CIFAR-10 lies")
    parser.add_argument("--lcnnc", default=os.path.join(ROOT, "target/release/lcnnc"))
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3, help="at least so long a variant and round")
    parser.add_argument("--parts", default="layers,net")
    args = parser.parse_args()
    built = ["cargo", "bench", "--locked", "-p", "lcnnc-kernels", "--bench", "local_step", "--no-run", "--message-format", "json"]
    told = subprocess.run(built, check=True, capture_output=True, text=True, cwd=ROOT).stdout.splitlines()
    artifacts = [json.loads(line) for line in told]
    args.bench = next(a["executable"] for a in artifacts if a.get("target", {}).get("name") == "local_step" and a.get("executable"))
    asked = [sys.executable, "-c", "import torch; print(torch.__version__)"]
    version = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    print(f"{datetime.date.today()}, {processor()}, {args.threads} threads, torch {version}; ms a step, medians\n")
    print("| case | lcnnc | best of PyTorch | which | ratio | MiB of memory: lcnnc, that of PyTorch, its least |\n|---|---|---|---|---|---|")
    if "layers" in args.parts:
        for channels, size, images in SHAPES:
            name = f"{channels} channels, {size} x {size}, batch {images}"
            compared(args, name, lambda: our_layer(args, (channels, size, images)), {"shape": (channels, size, images)})
    if "net" in args.parts:
        for batch in (64, 512):
            compared(args, f"LC ResNet-20, batch {batch}", lambda: our_net(args, batch), {"batch": batch})


if __name__ == "__main__":
    main()
