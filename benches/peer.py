#!/usr/bin/env python3
"""PyTorch's side of the comparisons: one of the models as its authors would write it, trained on random images in memory.

    python3 benches/peer.py '{"model": ["lateral", 1, 48, 8, 7, 5], "batch": 256, "variant": "eager", "device": "cpu"}'

A model is its kind, colours, and height and width in pixels. Behind these, `lateral` and `branches` have feature maps, kernel
size and steps; the other kinds are those of peer_models.py. A step is forward, backward and update: cross-entropy, for `lateral`
and `branches` 1e-3 times the L1 norm of all weights (and the SAT-ABS gap of the two branches), SGD with momentum 0.9. Variants: eager, eager-cl (channels_last), compile, compile-cl, compile-graph (CUDA graphs).
Prints one line of JSON: images per second (the median over steps) and the seconds until the first steps were done, which is
where compilers work. With `"waits": true` the script prints `ready` after those steps and measures when a line comes in.
"""
import json, statistics, sys, time

# glibc would hand freed activations back to the system after every step; PyTorch is 10 to 25 % faster when it does not.
KEEP = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "17179869184", "MALLOC_TOP_PAD_": "268435456"}
WARM_UP = 4


def network(kind, *sizes):
    from peer_models import MODELS

    return MODELS[kind]() if kind in MODELS else of_park(kind, *sizes)


def of_park(kind, colours, size, maps, kernel, steps):
    import torch
    import torch.nn.functional as F
    from torch import nn

    def conv(inputs, outputs):
        return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)

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
            return [self.dense(F.max_pool2d(o, 2).flatten(1))]

        def penalty(self):
            weights = [self.afferent.weight, *(layer.weight for layer in self.lateral), self.dense.weight]
            sparsity = 1e-3 * sum(weight.abs().sum() for weight in weights)
            if kind == "lateral":
                return sparsity
            gap = (self.lateral[0].weight.mean() - self.lateral[1].weight.mean()).abs()
            return sparsity - 0.1 * torch.tanh(gap)

    return Net()


def measured(model, batch, variant, device, precision="single", threads=None, seconds=3.0, waits=False):
    import torch
    import torch.nn.functional as F

    if threads:
        torch.set_num_threads(threads)
    torch.manual_seed(0)
    torch.set_default_device(device)
    (_, colours, size, *_) = model
    net, images = network(*model), torch.rand(batch, colours, size, size)
    labels = torch.randint(0, 10, (batch,))
    if variant.endswith("-cl"):
        net, images = net.to(memory_format=torch.channels_last), images.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-2, momentum=0.9)

    def loss_of():
        with torch.autocast(device, dtype=torch.bfloat16, enabled=precision == "bf16"):
            scores = net(images)
        loss = sum(F.cross_entropy(step.float(), labels) for step in scores) / len(scores)
        return loss + net.penalty() if hasattr(net, "penalty") else loss

    if variant.startswith("compile"):
        loss_of = torch.compile(loss_of, mode="reduce-overhead" if variant == "compile-graph" else None)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss_of().backward()
        optimizer.step()
        if device == "cuda":
            torch.cuda.synchronize()

    start = time.perf_counter()
    for _ in range(WARM_UP):
        step()
    first_steps = time.perf_counter() - start
    if waits:
        print("ready", flush=True)
        sys.stdin.readline()
    speeds, start = [], time.perf_counter()
    while len(speeds) < 5 or time.perf_counter() - start < seconds:
        began = time.perf_counter()
        step()
        speeds.append(batch / (time.perf_counter() - began))
    return {"images_per_second": statistics.median(speeds), "seconds_of_first_steps": first_steps}


if __name__ == "__main__":
    print(json.dumps(measured(**json.loads(sys.argv[1]))), flush=True)
