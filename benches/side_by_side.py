#!/usr/bin/env python3
"""Training speed of lcnnc beside PyTorch's, on this machine, in one run: prints the table that the README quotes.

    cargo build --release
    python3 benches/side_by_side.py --data-root DIR [--threads 2] [--rounds 3] [--cases lc,lcei,combined,colour]

On an NVIDIA GPU, with lcnnc built with `--features cuda`, add `--device cuda`: PyTorch is then eager, compiled, or compiled into
CUDA graphs.

lcnnc's side is `lcnnc run` on real images (MNIST, CIFAR-10), loader, augmentation, penalties and update included: the images
per second of every epoch but the first. PyTorch's side is the same model, loss, penalty and optimizer on random images that
are already in memory; every variant (eager, channels_last, compiled, both) is timed and the best one counts. The two
alternate, and of each the median is taken. Needs torch and, for its compiler, a C++ compiler; run it on an idle machine.
"""
import argparse, datetime, json, os, platform, statistics, subprocess, sys, tempfile, time

# glibc would hand freed activations back to the system after every step; PyTorch is 10 to 25 % faster when it does not.
KEEP = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "17179869184", "MALLOC_TOP_PAD_": "268435456"}
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SGD = "sgd(lr: 1e-2, momentum: 0.9)"


def cases(groups, batches):
    """Name, spec, consts, data set, images to train on, PyTorch's model and its arguments."""
    for batch in batches:
        if "lc" in groups:
            for steps in (1, 3, 5):
                yield f"LC-CNN, {steps} steps", batch, "specs/lc_cnn.lcnn", {"steps": steps}, "mnist", ("lateral", 1, 48, 8, 7, steps)
        if "lcei" in groups:
            yield "LCEI-CNN", batch, "specs/lcei_cnn.lcnn", {}, "mnist", ("branches", 1, 48, 4, 7, 0)
        if "combined" in groups:
            yield "both, 3 steps", batch, "specs/lcei_lc_cnn.lcnn", {"steps": 3}, "mnist", ("branches", 1, 48, 4, 7, 3)
    if "colour" in groups:
        for maps in (16, 32):
            for kernel in (3, 5):
                consts = {"maps": maps, "kernel": kernel, "steps": 3}
                yield f"colour, {maps} maps, {kernel} x {kernel}, 3 steps", 64, "benches/colour.lcnn", consts, "cifar10", ("lateral", 3, 32, maps, kernel, 3)


def ours(args, spec, consts, dataset, batch):
    """Images per second of each epoch but the first."""
    with tempfile.TemporaryDirectory() as runs:
        sets = [word for name, value in consts.items() for word in ("--set", f"{name}={value}")]
        command = [args.lcnnc, "run", spec, *sets, "--dataset", dataset, "--data-root", args.data_root, "--batch", str(batch),
                   "--epochs", "4", "--limit", str(args.images), "--optimizer", SGD, "--threads", str(args.threads),
                   "--seed", "1", "--device", args.device, "--runs", runs]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        (spec_dir,) = os.scandir(runs)
        (run,) = os.scandir(spec_dir.path)
        with open(os.path.join(run.path, "metrics.jsonl")) as lines:
            return [json.loads(line)["images_per_second"] for line in lines][1:]


def theirs(args, model, batch, variant):
    command = [sys.executable, os.path.abspath(__file__), "--worker", json.dumps([model, batch, variant, args.threads, args.seconds, args.device])]
    done = subprocess.run(command, env={**os.environ, **KEEP}, capture_output=True, text=True)
    if done.returncode != 0:
        print(f"  {variant} failed: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return []
    return json.loads(done.stdout)


def worker(model, batch, variant, threads, seconds, device):
    import torch
    import torch.nn.functional as F
    from torch import nn

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    kind, colours, size, maps, kernel, steps = model
    conv = lambda a, b: nn.Conv2d(a, b, kernel, padding=kernel // 2, bias=False)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.afferent = conv(colours, maps)
            self.lateral = nn.ModuleList(conv(maps, maps) for _ in range(1 if kind == "lateral" else 2))
            self.dense = nn.Linear(maps * (size // 2) ** 2, 10)

        def forward(self, image):
            a = F.relu(self.afferent(image))
            if kind == "lateral":
                o = a
                for _ in range(steps):
                    o = F.relu(a + self.lateral[0](o))
            elif steps == 0:
                o = torch.tanh(self.lateral[0](a)) + torch.tanh(self.lateral[1](a))
            else:
                o = a
                for _ in range(steps):
                    o = F.relu(a + torch.tanh(self.lateral[0](o)) + torch.tanh(self.lateral[1](o)))
            return self.dense(F.max_pool2d(o, 2).flatten(1))

        def penalty(self):
            weights = [self.afferent.weight, *(layer.weight for layer in self.lateral), self.dense.weight]
            sparsity = 1e-3 * sum(weight.abs().sum() for weight in weights)
            if kind == "lateral":
                return sparsity
            gap = (self.lateral[0].weight.mean() - self.lateral[1].weight.mean()).abs()
            return sparsity - 0.1 * torch.tanh(gap)

    torch.set_default_device(device)
    net, images = Net(), torch.rand(batch, colours, size, size)
    labels = torch.randint(0, 10, (batch,))
    if variant.endswith("cl"):
        net, images = net.to(memory_format=torch.channels_last), images.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-2, momentum=0.9)
    loss_of = lambda: F.cross_entropy(net(images), labels) + net.penalty()
    if variant.startswith("compile"):
        loss_of = torch.compile(loss_of, mode="reduce-overhead" if variant == "compile-graph" else None)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss_of().backward()
        optimizer.step()
        if device == "cuda":
            torch.cuda.synchronize()

    for _ in range(4):
        step()
    speeds, start = [], time.perf_counter()
    while len(speeds) < 5 or time.perf_counter() - start < seconds:
        began = time.perf_counter()
        step()
        speeds.append(batch / (time.perf_counter() - began))
    print(json.dumps([statistics.median(speeds)]))


def processor():
    try:
        with open("/proc/cpuinfo") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--data-root", help="where MNIST and CIFAR-10 lie")
    parser.add_argument("--lcnnc", default=os.path.join(ROOT, "target/release/lcnnc"))
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3, help="at least so long a variant and round")
    parser.add_argument("--images", type=int, default=3000, help="images of an epoch, validation included")
    parser.add_argument("--batches", default="64,256")
    parser.add_argument("--cases", default="lc,lcei,combined,colour")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--variants", help="of eager, eager-cl (channels_last), compile, compile-cl, compile-graph")
    args = parser.parse_args()
    if args.worker:
        return worker(*json.loads(args.worker))
    import torch

    machine = torch.cuda.get_device_name() if args.device == "cuda" else processor()
    print(f"{datetime.date.today()}, {machine}, {args.threads} threads, torch {torch.__version__}; images/s, medians\n")
    print("| case | batch | lcnnc | best of PyTorch | which | ratio |\n|---|---|---|---|---|---|", flush=True)
    every = {"cpu": "eager,eager-cl,compile,compile-cl", "cuda": "eager,compile,compile-graph"}
    variants = (args.variants or every[args.device]).split(",")
    for name, batch, spec, consts, dataset, model in cases(args.cases.split(","), [int(n) for n in args.batches.split(",")]):
        mine, peer = [], {variant: [] for variant in variants}
        for _ in range(args.rounds):
            mine += ours(args, spec, consts, dataset, batch)
            for variant in variants:
                peer[variant] += theirs(args, model, batch, variant)
        best = max((variant for variant in variants if peer[variant]), key=lambda variant: statistics.median(peer[variant]))
        left, right = statistics.median(mine), statistics.median(peer[best])
        print(f"| {name} | {batch} | {left:.0f} | {right:.0f} | {best} | {left / right:.1f} x |", flush=True)


if __name__ == "__main__":
    main()
