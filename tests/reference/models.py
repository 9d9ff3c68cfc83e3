#!/usr/bin/env python3
"""Make the reference numbers of the models in `specs/` by PyTorch: one .safetensors file for each case.

    pip install torch==2.15.0 numpy safetensors
    python models.py [output directory]        # default: the folder `models` beside this script
    python models.py --count                   # parameters at full size, by the number of classes

A case is a model of `specs/`, restated here from its equations, with the consts that `CASES` gives it and 10
classes, on a batch of 4 random images. Nets with batch norm run as they are trained, the others as they are used.

Keys of a case file; <name> is that of a parameter or of a batch norm's running statistic:

    image                [4, C, H, W] uint8, to be divided by 255
    label                [4] int64
    param.<name>         float32, the trained parameters and the running statistics before the pass
    logits               [4, 10] float64, those of the last step
    loss                 float64 scalar, mean cross entropy; for blt its mean over all steps
    grad.<name>          float64, gradient of the loss
    after.<name>         float64, the running statistics after the pass
    asleep.losses        [10] float64, only for lc_resnet20: the loss before each of ten steps of AdamW on the same batch (lr 1e-3,
                         weight decay 1e-2), where every second step ends with a sleep: each kernel becomes the mean of those
                         whose place is as far from the upper and from the left border, but for multiples of k / gcd(k, stride)
    asleep.param.<name>  float32, after the ten steps

Images are bytes and parameters float32 to keep the files small; all is computed from them in float64. As in
`make.py`, seeds that come too close to a kink are passed over. So are those where more than a quarter of all gradients
is 0, behind closed ReLUs (45 % without weight sharing), and those where a gradient in float32 is off by more than 1e-3 of its largest entry: what is
left is off by less than 1e-11 in float64.
"""

import math
import pathlib
import sys

import torch
import torch.nn.functional as F

from make import BATCH, CLASSES, leaves, margins, max_pool, relu, search, write

DRIFT, DEAD = 1e-3, 0.25
# Kernels at the border of a map have weights of their own for the zeros around it.
DEAD_LOCAL = 0.45


class Weights:
    """Parameters and running statistics by name, each drawn when a model first asks for it."""

    def __init__(self, generator=None, classes=CLASSES):
        self.generator, self.classes = generator, classes
        self.params, self.running, self.after = {}, {}, {}

    def single(self):
        """The same in float32."""
        copy = Weights(classes=self.classes)
        copy.params = leaves(self.params, torch.float32)
        copy.running = {name: x.float() for name, x in self.running.items()}
        return copy

    def fresh(self):
        """The same without gradients and with the running statistics as they were before."""
        copy = Weights(classes=self.classes)
        copy.params, copy.running = leaves(self.params, torch.float64), dict(self.running)
        return copy

    def uniform(self, low, high, shape):
        """Numbers that float32 can hold."""
        x = torch.rand(shape, generator=self.generator, dtype=torch.float64)
        return (low + (high - low) * x).float().double()

    def param(self, name, low, high, *shape):
        if name not in self.params:
            self.params[name] = self.uniform(low, high, shape).requires_grad_()
        return self.params[name]

    def statistic(self, name, low, high, channels):
        if name not in self.running:
            self.running[name] = self.uniform(low, high, (channels,))
        return self.running[name].clone()

    def map(self, name, shape, inputs, bias, low=-1):
        """Weight and bias of a linear map, at a scale that closed ReLUs do not wear down."""
        bound = (6 / inputs) ** 0.5
        weight = self.param(f"{name}.weight", low * bound, bound, *shape)
        return weight, self.param(f"{name}.bias", -bound, bound, shape[0]) if bias else None

    def conv(self, name, x, out, kernel, stride=1, bias=True, low=-1):
        inputs = x.shape[1]
        weight, bias = self.map(name, (out, inputs, kernel, kernel), inputs * kernel**2, bias, low)
        return F.conv2d(x, weight, bias, stride, kernel // 2)

    def local(self, name, x, out, kernel, stride=1, bias=False):
        """Kernels of their own at each place, [height, width, out, inputs, kernel, kernel]."""
        inputs, pad = x.shape[1], kernel // 2
        windows = F.pad(x, [pad] * 4).unfold(2, kernel, stride).unfold(3, kernel, stride)
        places = windows.shape[2:4]
        weight, _ = self.map(name, (*places, out, inputs, kernel, kernel), inputs * kernel**2, bias)
        return torch.einsum("ncyxij,yxocij->noyx", windows, weight)

    def conv_transpose(self, name, x, out, kernel, stride):
        inputs = x.shape[1]
        weight, _ = self.map(name, (inputs, out, kernel, kernel), inputs * kernel**2, False)
        return F.conv_transpose2d(x, weight, None, stride, kernel // 2, output_padding=stride - 1)

    def dense(self, name, x):
        weight, bias = self.map(name, (self.classes, x[0].numel()), x[0].numel(), True)
        return F.linear(x.flatten(1), weight, bias)

    def gain(self, name, x, low=-1.5):
        return x * self.param(f"{name}.weight", low, 1.5, x.shape[1])[:, None, None]

    def shift(self, name, x):
        return x + self.param(f"{name}.weight", -1, 1, x.shape[1])[:, None, None]

    def batch_norm(self, name, x):
        channels = x.shape[1]
        weight = self.param(f"{name}.weight", 0.25, 0.75, channels)
        bias = self.param(f"{name}.bias", -0.25, 0.25, channels)
        mean = self.statistic(f"{name}.running_mean", -1, 1, channels)
        var = self.statistic(f"{name}.running_var", 0.5, 1.5, channels)
        y = F.batch_norm(x, mean, var, weight, bias, training=True, momentum=0.1, eps=1e-5)
        self.after |= {f"{name}.running_mean": mean, f"{name}.running_var": var}
        return y


# Each model gives the logits of every step that is read out; the last are its answer.


def resnet20(w, image, width=16, blocks=3):
    def connect(path, x, planes, kernel=3, stride=1):
        return w.conv(f"{path}.conv", x, planes, kernel, stride, bias=False)

    def basic(path, x, planes, stride=1):
        h = relu(w.batch_norm(f"{path}.h.batch_norm", connect(f"{path}.h", x, planes, stride=stride)))
        r = w.batch_norm(f"{path}.r", connect(f"{path}.r", h, planes))
        if stride != 1 or x.shape[1] != planes:
            x = w.batch_norm(f"{path}.skip", connect(f"{path}.skip", x, planes, kernel=1, stride=stride))
        return relu(r + x)

    stem = relu(w.batch_norm("stem.batch_norm", connect("stem", image, width)))
    return [w.dense("logits", stages(basic, stem, width, blocks))]


def lc_resnet20(w, image, width=16, blocks=3, connect="local"):
    """Every layer without weight sharing, or with it, and a norm behind each."""

    def connected(path, x, planes, kernel=3, stride=1):
        maps = {"local": w.local, "conv": w.conv}[connect](f"{path}.{connect}", x, planes, kernel, stride, bias=False)
        return w.batch_norm(path, maps)

    def basic(path, x, planes, stride=1):
        h = relu(connected(f"{path}.h.connected", x, planes, stride=stride))
        r = connected(f"{path}.r", h, planes)
        if stride != 1 or x.shape[1] != planes:
            x = connected(f"{path}.skip", x, planes, kernel=1, stride=stride)
        return relu(r + x)

    return [w.dense("logits", stages(basic, relu(connected("stem.connected", image, width)), width, blocks))]


def stages(basic, x, width, blocks):
    """The three stages of a ResNet for CIFAR, and the mean of each map behind them."""
    for n in range(blocks):
        x = basic(f"stage1.{n}", x, width)
    for stage, planes in [("stage2", 2 * width), ("stage3", 4 * width)]:
        x = basic(f"{stage}.basic", x, planes, stride=2)
        for n in range(blocks - 1):
            x = basic(f"{stage}.{n}", x, planes)
    return x.mean((2, 3))


def blt(w, image, width=32, steps=4, lateral=True, top_down=True):
    def norm(x):
        return F.local_response_norm(x, size=11, alpha=11e-4, beta=0.5, k=1)

    batch, _, size, _ = image.shape
    v1 = image.new_zeros(batch, width, size, size)
    v2 = image.new_zeros(batch, width, size // 2, size // 2)
    logits = []
    for _ in range(steps):
        drive1 = w.conv("B1", image, width, 3)
        if lateral:
            drive1 = drive1 + w.conv("L1", v1, width, 3, bias=False)
        if top_down:
            drive1 = drive1 + w.conv_transpose("T1", v2, width, 3, stride=2)
        v1 = norm(relu(drive1))
        drive2 = w.conv("B2", max_pool(v1, 2, 2), width, 3)
        if lateral:
            drive2 = drive2 + w.conv("L2", v2, width, 3, bias=False)
        v2 = norm(relu(drive2))
        logits.append(w.dense("R", max_pool(v2, size // 2, size // 2)))
    return logits


def rcnn(w, image, width=96, steps=3):
    def norm(x):
        return F.local_response_norm(x, size=13, alpha=1e-3, beta=0.75, k=1)

    def recurrent(path, u):
        drive = w.conv(f"{path}.W_F", u, width, 3)
        x = norm(relu(drive))
        for _ in range(steps):
            x = norm(relu(drive + w.conv(f"{path}.W_R", x, width, 3, bias=False)))
        return x

    first = max_pool(relu(w.conv("first.conv", image, width, 5)), 3, 2, padding=1)
    layer2 = recurrent("layer2.recurrent", first)
    layer3 = max_pool(recurrent("layer3.recurrent", layer2), 3, 2, padding=1)
    layer4 = recurrent("layer4.recurrent", layer3)
    layer5 = recurrent("layer5", layer4)
    return [w.dense("logits", max_pool(layer5, layer5.shape[2], 1))]


def cornet_s(w, image, width=64):
    def area(path, x, planes, steps):
        def c1(x):
            return w.conv(f"{path}.C1", x, 4 * planes, 1, bias=False)

        def c2(x, stride):
            return w.conv(f"{path}.C2", x, 4 * planes, 3, stride, bias=False)

        def c3(x):
            return w.conv(f"{path}.C3", x, planes, 1, bias=False)

        afferent = w.conv(f"{path}.afferent", x, planes, 1, bias=False)
        skip = w.batch_norm(f"{path}.skip", w.conv(f"{path}.skip.conv", afferent, planes, 1, stride=2, bias=False))
        a = relu(w.batch_norm(f"{path}.a0.batch_norm", c1(afferent)))
        b = relu(w.batch_norm(f"{path}.b0.batch_norm", c2(a, stride=2)))
        s = relu(w.batch_norm(f"{path}.first.batch_norm", c3(b)) + skip)
        for t in range(1, steps):
            a = relu(w.batch_norm(f"{path}.time.a.batch_norm.{t}", c1(s)))
            b = relu(w.batch_norm(f"{path}.time.b.batch_norm.{t}", c2(a, stride=1)))
            s = relu(w.batch_norm(f"{path}.time.S.batch_norm.{t}", c3(b)) + s)
        return s

    x = relu(w.batch_norm("retina.batch_norm", w.conv("retina.conv", image, width, 7, stride=2, bias=False)))
    x = w.conv("V1.conv", max_pool(x, 3, 2, padding=1), width, 3, bias=False)
    x = relu(w.batch_norm("V1.batch_norm", x))
    x = area("V2", x, 2 * width, steps=2)
    x = area("V4", x, 4 * width, steps=4)
    x = area("IT", x, 8 * width, steps=2)
    return [w.dense("logits", x.mean((2, 3)))]


def hgru(w, image, width=25, kernel=15, steps=8):
    x = w.conv("X.conv", image, width, 7).square()
    h = torch.zeros_like(x)
    for t in range(1, steps + 1):
        g1 = torch.sigmoid(w.conv("U1", h, width, 1))
        c1 = w.conv("W", g1 * h, width, kernel, bias=False)
        h1 = torch.tanh(x - c1 * w.shift("circuit.H1.shift", w.gain("circuit.alpha", h)))
        g2 = torch.sigmoid(w.conv("U2", h1, width, 1))
        c2 = w.conv("W", h1, width, kernel, bias=False)
        linear = w.gain("circuit.kappa", h1) + w.gain("circuit.beta", c2)
        h2 = torch.tanh(linear + w.gain("circuit.omega", h1 * c2))
        h = w.gain(f"circuit.H.{t}", g2 * h2 + (1 - g2) * h)
    return [w.dense("logits", max_pool(h, h.shape[2], 1))]


def dale(w, image, width=16, inhibitory=4):
    def dann(path, x, exc, inh):
        def onto_excitatory(i):
            return w.conv(f"{path}.W_EI", i, exc, 1, bias=False, low=0)

        e = w.conv(f"{path}.W_EE", x, exc, 5, bias=False, low=0)
        i = w.conv(f"{path}.W_IE", x, inh, 5, bias=False, low=0)
        gamma = onto_excitatory(w.gain(f"{path}.gamma.gain", i, low=0))
        g = w.gain(f"{path}.g", (e - onto_excitatory(i)) / (gamma + 0.1))
        return relu(w.shift(f"{path}.shift", g))

    layer1 = max_pool(dann("layer1.dann", image, width, inhibitory), 2, 2)
    layer2 = max_pool(dann("layer2.dann", layer1, 2 * width, 2 * inhibitory), 2, 2)
    return [w.dense("logits", layer2)]


# name: (model, image, consts)
CASES = {
    "resnet20": (resnet20, (3, 8, 8), {"width": 2, "blocks": 2}),
    "resnet20_3": (resnet20, (3, 8, 8), {"width": 2, "blocks": 3}),
    "lc_resnet20": (lc_resnet20, (3, 8, 8), {"width": 2, "blocks": 1}),
    "blt": (blt, (1, 8, 8), {"width": 2, "steps": 3}),
    "bl": (blt, (1, 8, 8), {"width": 2, "steps": 3, "top_down": False}),
    "bt": (blt, (1, 8, 8), {"width": 2, "steps": 3, "lateral": False}),
    "b": (blt, (1, 8, 8), {"width": 2, "steps": 3, "lateral": False, "top_down": False}),
    "rcnn": (rcnn, (3, 16, 16), {"width": 4, "steps": 2}),
    "cornet_s": (cornet_s, (3, 40, 40), {"width": 1}),
    "hgru": (hgru, (1, 9, 9), {"width": 3, "kernel": 5, "steps": 3}),
    "dale": (dale, (1, 8, 8), {"width": 3, "inhibitory": 2}),
}

# At full size: (model, image, consts, numbers of classes)
FULL = [
    (resnet20, (3, 32, 32), {}, (10,)),
    (lc_resnet20, (3, 32, 32), {}, (10,)),
    (lc_resnet20, (3, 32, 32), {"connect": "conv"}, (10,)),
    (blt, (1, 32, 32), {}, (10,)),
    (blt, (1, 32, 32), {"top_down": False}, (10,)),
    (blt, (1, 32, 32), {"lateral": False}, (10,)),
    (blt, (1, 32, 32), {"lateral": False, "top_down": False}, (10,)),
    (rcnn, (3, 32, 32), {}, (10,)),
    (rcnn, (3, 32, 32), {"width": 128}, (10,)),
    (rcnn, (3, 32, 32), {"width": 160}, (10,)),
    (cornet_s, (3, 224, 224), {}, (10, 1000)),
    (hgru, (1, 48, 48), {}, (2, 10)),
    (dale, (1, 28, 28), {}, (10,)),
]


def losses(model, consts, weights, image, label):
    logits = model(weights, image, **consts)
    return logits[-1], torch.stack([F.cross_entropy(step, label) for step in logits]).mean()


def attempt(case, seed):
    """The tensors of a case from one seed, its nearest kink, and the largest relative error of a float32 gradient."""
    model, shape, consts = CASES[case]
    generator = torch.Generator().manual_seed(seed)
    weights = Weights(generator)
    pixels = torch.randint(256, (BATCH, *shape), generator=generator, dtype=torch.uint8)
    image = pixels.double() / 255
    label = torch.randint(CLASSES, (BATCH,), generator=generator)

    margins.clear()
    logits, loss = losses(model, consts, weights, image, label)
    kink = min(margins)
    loss.backward()
    single = weights.single()
    losses(model, consts, single, image.float(), label)[1].backward()

    tensors = {"image": pixels, "label": label, "logits": logits, "loss": loss}
    tensors |= {f"param.{name}": x.float() for name, x in (weights.params | weights.running).items()}
    tensors |= {f"grad.{name}": w.grad for name, w in weights.params.items()}
    tensors |= {f"after.{name}": x for name, x in weights.after.items()}
    if case == "lc_resnet20":
        tensors |= asleep(case, weights.fresh(), image, label)
    dead = torch.cat([w.grad.flatten() == 0 for w in weights.params.values()]).double().mean()
    drift = max(error(single.params[name].grad, w.grad) for name, w in weights.params.items())
    return tensors, kink, drift if dead < (DEAD_LOCAL if case == "lc_resnet20" else DEAD) else torch.inf


def asleep(case, weights, image, label):
    """Ten steps of AdamW with a sleep after every second one."""
    model, _, consts = CASES[case]
    names, params = zip(*weights.params.items())
    optimizer, found = torch.optim.AdamW(params, lr=1e-3, weight_decay=1e-2), []
    for step in range(1, 11):
        optimizer.zero_grad()
        loss = losses(model, consts, weights, image, label)[1]
        found.append(loss.detach())
        loss.backward()
        optimizer.step()
        if step % 2 == 0:
            with torch.no_grad():
                for name, weight in zip(names, params):
                    if name.endswith(".local.weight"):
                        share(weight, stride=STRIDES.get(name, 1))
    trained = {f"asleep.param.{name}": weight.detach().float() for name, weight in zip(names, params)}
    return {"asleep.losses": torch.stack(found)} | trained


# Of the layers of lc_resnet20 that halve a map, those with a kernel of 3: of a 1 x 1 kernel all places are one module anyway.
STRIDES = {f"{stage}.basic.h.connected.local.weight": 2 for stage in ("stage2", "stage3")}


def share(weight, stride):
    kernel = weight.shape[-1]
    period = kernel // math.gcd(kernel, stride)
    for row in range(min(period, weight.shape[0])):
        for column in range(min(period, weight.shape[1])):
            module = weight[row::period, column::period]
            module.copy_(module.mean((0, 1), keepdim=True).expand_as(module))


def error(found, expected):
    """Largest difference over largest number; infinite where nothing is learned."""
    return ((found - expected).abs().max() / expected.abs().max()).nan_to_num(torch.inf).item()


def count():
    for model, shape, consts, classes in FULL:
        for classes in classes:
            weights = Weights(torch.Generator().manual_seed(0), classes)
            with torch.no_grad():
                model(weights, torch.ones(1, *shape, dtype=torch.float64), **consts)
            said = ", ".join(f"{name}={value}" for name, value in consts.items())
            total = sum(w.numel() for w in weights.params.values())
            print(f"{model.__name__:11} {said:32} {classes:4} classes {total:9} parameters")


def main():
    if sys.argv[1:] == ["--count"]:
        return count()
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "models"
    write(folder, {case: lambda case: search(case, attempt, DRIFT) for case in CASES})


if __name__ == "__main__":
    main()
