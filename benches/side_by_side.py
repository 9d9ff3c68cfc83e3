#!/usr/bin/env python3
"""Training speed of lcnnc beside PyTorch's, on this machine, in one run: prints the table that the README quotes.

    cargo build --release
    python3 benches/side_by_side.py --data-root DIR [--threads 2] [--rounds 3] [--cases lc,lcei,combined,colour,models]

On an NVIDIA GPU, with lcnnc built with `--features cuda`, add `--device cuda`: PyTorch is then eager, compiled, or compiled into
CUDA graphs.

lcnnc's side is `lcnnc run` on real images (MNIST, CIFAR-10), loader, augmentation, penalties and update included: the images
per second of every epoch but the first. PyTorch's side is the same model, loss, penalty and optimizer on random images that
are already in memory; every variant (eager, channels_last, compiled, both) is timed and the best one counts. The two
alternate, and of each the median is taken. Memory is the most that a process has held, libraries included. Needs torch and, for its compiler, a C++ compiler; run it on an idle machine.
"""
import argparse, datetime, json, os, platform, statistics, subprocess, sys, tempfile

from peer import KEEP

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SGD = "sgd(lr: 1e-2, momentum: 0.9)"


# The other models of `specs/`, with their batch, height and width in pixels, data set, and images of an epoch.
MODELS = [
    ("dale", 32, 28, "mnist", 3000), ("dale", 256, 28, "mnist", 3000), ("hgru", 32, 48, "mnist", 200),
    ("blt", 100, 32, "mnist", 500), ("rcnn", 100, 32, "cifar10", 500), ("resnet20", 128, 32, "cifar10", 1000),
    ("cornet_s", 4, 224, "cifar10", 19), ("cornet_s", 16, 224, "cifar10", 38),
]


def cases(groups, batches):
    """Name, batch, spec, consts, data set, PyTorch's model and its arguments, and where it is another than usual, the number of
    images of an epoch."""
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


    if "models" in groups:
        for name, batch, pixels, dataset, images in MODELS:
            colours = 3 if dataset == "cifar10" else 1
            yield name, batch, f"specs/{name}.lcnn", {}, dataset, (name, colours, pixels), images


def carried_out(command, **more):
    """Runs a command to its end: what it has printed, or nothing if it failed, and the most memory it has held, in bytes."""
    with tempfile.TemporaryFile("w+") as complaints:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=complaints, text=True, **more)
        printed = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            complaints.seek(0)
            print(f"  {command[0]} failed: {complaints.read().strip().splitlines()[-1:]}", file=sys.stderr)
            return None, 0
    return printed, usage.ru_maxrss * 1024


def ours(args, spec, consts, dataset, batch, images):
    """Images per second of each epoch but the first, and the memory in bytes."""
    with tempfile.TemporaryDirectory() as runs:
        sets = [word for name, value in consts.items() for word in ("--set", f"{name}={value}")]
        command = [args.lcnnc, "run", spec, *sets, "--dataset", dataset, "--data-root", args.data_root, "--batch", str(batch),
                   "--epochs", "4", "--limit", str(images), "--limit-test", "16", "--optimizer", SGD, "--threads", str(args.threads),
                   "--seed", "1", "--device", args.device, "--runs", runs]
        printed, memory = carried_out(command)
        if printed is None:
            sys.exit(f"{' '.join(command)}: see above")
        (spec_dir,) = os.scandir(runs)
        (run,) = os.scandir(spec_dir.path)
        with open(os.path.join(run.path, "metrics.jsonl")) as lines:
            return [json.loads(line)["images_per_second"] for line in lines][1:], memory


def theirs(args, model, batch, variant):
    asked = {"model": model, "batch": batch, "variant": variant, "threads": args.threads, "seconds": args.seconds, "device": args.device}
    command = [sys.executable, os.path.join(ROOT, "benches/peer.py"), json.dumps(asked)]
    printed, memory = carried_out(command, env={**os.environ, **KEEP})
    return ([], 0) if printed is None else ([json.loads(printed)["images_per_second"]], memory)


def processor():
    try:
        with open("/proc/cpuinfo") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def figure(speed):
    return f"{speed:.0f}" if speed >= 20 else f"{speed:.2f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-root", help="where MNIST and CIFAR-10 lie")
    parser.add_argument("--lcnnc", default=os.path.join(ROOT, "target/release/lcnnc"))
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3, help="at least so long a variant and round")
    parser.add_argument("--images", type=int, default=3000, help="images of an epoch, validation included")
    parser.add_argument("--batches", default="64,256")
    parser.add_argument("--cases", default="lc,lcei,combined,colour,models")
    parser.add_argument("--rows", default="", help="only the rows whose name and batch hold this: cornet_s, or 'steps 64'")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--variants", help="of eager, eager-cl (channels_last), compile, compile-cl, compile-graph")
    args = parser.parse_args()
    # Not in this process: what it holds would count as held by every process that it starts.
    device = "torch.cuda.get_device_name()" if args.device == "cuda" else "''"
    asked = [sys.executable, "-c", f"import torch; print(torch.__version__, {device})"]
    version, _, device = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip().partition(" ")
    print(f"{datetime.date.today()}, {device or processor()}, {args.threads} threads, torch {version}; images/s, medians\n")
    print("| case | batch | lcnnc | best of PyTorch | which | ratio | MiB of memory, lcnnc and PyTorch |")
    print("|---|---|---|---|---|---|---|", flush=True)
    every = {"cpu": "eager,eager-cl,compile,compile-cl", "cuda": "eager,compile,compile-graph"}
    variants = (args.variants or every[args.device]).split(",")
    for name, batch, spec, consts, dataset, model, *images in cases(args.cases.split(","), [int(n) for n in args.batches.split(",")]):
        if args.rows not in f"{name} {batch}":
            continue
        mine, peer = [], {variant: [] for variant in variants}
        held = {}
        for _ in range(args.rounds):
            speeds, held["lcnnc"] = ours(args, spec, consts, dataset, batch, images[0] if images else args.images)
            mine += speeds
            for variant in variants:
                speeds, held[variant] = theirs(args, model, batch, variant)
                peer[variant] += speeds
        best = max((variant for variant in variants if peer[variant]), key=lambda variant: statistics.median(peer[variant]))
        left, right = statistics.median(mine), statistics.median(peer[best])
        memory = f"{held['lcnnc'] >> 20}, {held[best] >> 20}"
        print(f"| {name} | {batch} | {figure(left)} | {figure(right)} | {best} | {left / right:.1f} x | {memory} |", flush=True)


if __name__ == "__main__":
    main()
