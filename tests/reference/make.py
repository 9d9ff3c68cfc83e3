#!/usr/bin/env python3
"""Make the reference numbers by PyTorch: one .safetensors file per network, and one for single ops.

    pip install torch==2.15.0 numpy safetensors
    python make.py [output directory]          # default: the folder of this script

A case file is one network of Park, Zhang & Choe (2025) on a batch of 4 random 12x12 images, with 3
channels (LCEI: 2), 7x7 same-padded kernels without bias, a 2x2 max-pool and a dense layer to 10 classes:

    f_cnn                A = relu(W_A * image), O = relu(W_L * A)
    lc_cnn_T             O_0 = A, O_t = relu(A + W_L * O_(t-1)), t = 1..T, for T = 1, 3, 5
    lc_cnn_inside_T      O_0 = A, O_t = relu(W_L * (A + O_(t-1))), t = 1..T, for T = 1, 3
    lcei_<penalty>       O = E + N, E = tanh(W_E * A), N = tanh(W_I * A)
    lcei_lc              O_0 = A, O_t = relu(A + (tanh(W_E * O_(t-1)) + tanh(W_I * O_(t-1)))), t = 1..3

The loss is mean cross entropy + 1e-3 * l1 + 0.1 * P. `l1` is the sum of |w| over every weight but
`logits.bias`; P is the separation penalty of the file's name (none, abs, sat_abs, exp_sat, sat_exp;
sat_abs for lcei_lc; 0 without W_E and W_I).

Keys of a case file; <name> is W_A.weight, W_L.weight, W_E.weight, W_I.weight ([out, in, 7, 7]),
logits.weight ([10, C*36], the map flattened as C, H, W) or logits.bias ([10]), <opt> is sgd, adam or adamw:

    image                [4, 1, 12, 12] float64, in 0..1
    label                [4] int64
    param.<name>         float64
    logits               [4, 10] float64
    cross_entropy, l1, separation, loss      float64 scalars; loss is the total, the others are unweighted
    grad.<name>          float64, gradient of the total loss
    <opt>.losses         [10] float32: the total loss before each of ten steps on that same batch, all in
                         float32, from param.* cast to float32. sgd: lr 1e-2, momentum 0.9; adam: lr 1e-3;
                         adamw: lr 1e-3, weight decay 1e-2 (on every parameter). Else torch's defaults.
    <opt>.param.<name>   float32, after the ten steps; only in lc_cnn_3 and lcei_sat_abs

Keys of pieces.safetensors, all float64, for each <op> in `pieces()` below:

    <op>.x, <op>.y       input and output (concat has inputs x1 and x2)
    <op>.<param>         weight and bias, where it has them
    <op>.g               what `y` is multiplied by: gradients are those of sum(y * g)
    <op>.grad.<input or param>
    <op>.running_mean, <op>.running_var, <op>.running_mean_after, <op>.running_var_after   batch norm only

Nothing here sits on a kink: seeds whose ReLU, max-pool or |.| decisions are closer than 1e-9 are passed
over, and so are those where float32 and float64 training part by more than 1e-6 in any weight.
"""

import pathlib
import sys
import zlib

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

SIDE, BATCH, CLASSES, KERNEL = 12, 4, 10, 7
LAMBDA, ALPHA = 1e-3, 0.1
STEPS = 10
KINK, DRIFT = 1e-9, 1e-6

OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=1e-2, momentum=0.9),
    "adam": lambda p: torch.optim.Adam(p, lr=1e-3),
    "adamw": lambda p: torch.optim.AdamW(p, lr=1e-3, weight_decay=1e-2),
}

PENALTIES = {
    "none": lambda e, i: e.new_zeros(()),
    "abs": lambda e, i: -gap(e, i),
    "sat_abs": lambda e, i: -torch.tanh(gap(e, i)),
    "exp_sat": lambda e, i: -(torch.tanh(e).mean() + torch.tanh(-i).mean()),
    "sat_exp": lambda e, i: -(torch.tanh(e.mean()) + torch.tanh(-i.mean())),
}

# name: (network, loop steps, penalty, whether the trained weights are stored)
CASES = {
    "f_cnn": ("f_cnn", 0, "none", False),
    "lc_cnn_1": ("lc_cnn", 1, "none", False),
    "lc_cnn_3": ("lc_cnn", 3, "none", True),
    "lc_cnn_5": ("lc_cnn", 5, "none", False),
    "lc_cnn_inside_1": ("lc_cnn_inside", 1, "none", False),
    "lc_cnn_inside_3": ("lc_cnn_inside", 3, "none", False),
    "lcei_none": ("lcei", 0, "none", False),
    "lcei_abs": ("lcei", 0, "abs", False),
    "lcei_sat_abs": ("lcei", 0, "sat_abs", True),
    "lcei_exp_sat": ("lcei", 0, "exp_sat", False),
    "lcei_sat_exp": ("lcei", 0, "sat_exp", False),
    "lcei_lc": ("lcei_lc", 3, "sat_abs", False),
}

# The distance to the nearest kink, of every operation that has one, since the list was last cleared.
margins = []


def relu(x):
    margins.append(x.detach().abs().min().item())
    return F.relu(x)


def max_pool(x, k, stride, padding=0):
    """Ties at exactly 0 are passed over: such units come out of closed ReLUs, so no gradient goes on."""
    padded = F.pad(x.detach(), [padding] * 4, value=-torch.inf)
    windows = padded.unfold(2, k, stride).unfold(3, k, stride).flatten(4)
    first, second = windows.topk(2, dim=4).values.unbind(4)
    margins.append(min((first - second)[first != 0].tolist(), default=torch.inf))
    return F.max_pool2d(x, k, stride, padding)


def gap(e, i):
    difference = e.mean() - i.mean()
    margins.append(difference.detach().abs().item())
    return difference.abs()


def l1(params):
    weights = [w for name, w in params.items() if name != "logits.bias"]
    margins.append(min(w.detach().abs().min().item() for w in weights))
    return sum(w.abs().sum() for w in weights)


def uniform(generator, bound, *shape):
    """PyTorch's default scale for a weight or bias: uniform in +-1/sqrt(fan in)."""
    return (torch.rand(shape, generator=generator, dtype=torch.float64) * 2 - 1) * bound


def initial(network, generator):
    """Seeded parameters of a network, in the order in which it uses them."""
    c = 2 if network.startswith("lcei") else 3
    lateral = ["W_E", "W_I"] if network.startswith("lcei") else ["W_L"]
    params = {}
    for name, inputs in [("W_A", 1)] + [(n, c) for n in lateral]:
        bound = (inputs * KERNEL**2) ** -0.5
        params[f"{name}.weight"] = uniform(generator, bound, c, inputs, KERNEL, KERNEL)
    features = c * (SIDE // 2) ** 2
    params["logits.weight"] = uniform(generator, features**-0.5, CLASSES, features)
    params["logits.bias"] = uniform(generator, features**-0.5, CLASSES)
    return params


def forward(network, steps, params, image):
    def conv(name, x):
        return F.conv2d(x, params[f"{name}.weight"], padding=KERNEL // 2)

    a = relu(conv("W_A", image))
    o = a
    match network:
        case "f_cnn":
            o = relu(conv("W_L", a))
        case "lc_cnn":
            for _ in range(steps):
                o = relu(a + conv("W_L", o))
        case "lc_cnn_inside":
            for _ in range(steps):
                o = relu(conv("W_L", a + o))
        case "lcei":
            o = torch.tanh(conv("W_E", a)) + torch.tanh(conv("W_I", a))
        case "lcei_lc":
            for _ in range(steps):
                o = relu(a + (torch.tanh(conv("W_E", o)) + torch.tanh(conv("W_I", o))))
    return F.linear(max_pool(o, 2, 2).flatten(1), params["logits.weight"], params["logits.bias"])


def losses(case, params, image, label):
    """Everything up to the total loss, by its key in the file."""
    network, steps, penalty, _ = CASES[case]
    out = {"logits": forward(network, steps, params, image)}
    out["cross_entropy"] = F.cross_entropy(out["logits"], label)
    out["l1"] = l1(params)
    out["separation"] = image.new_zeros(())
    if "W_E.weight" in params:
        out["separation"] = PENALTIES[penalty](params["W_E.weight"], params["W_I.weight"])
    out["loss"] = out["cross_entropy"] + LAMBDA * out["l1"] + ALPHA * out["separation"]
    return out


def leaves(params, dtype=torch.float64):
    return {name: w.detach().to(dtype, copy=True).requires_grad_() for name, w in params.items()}


def train(case, optimizer, params, image, label, dtype):
    """Ten steps on one batch: the loss before each, and the parameters after them."""
    params, image = leaves(params, dtype), image.to(dtype)
    update = OPTIMIZERS[optimizer](params.values())
    course = []
    for _ in range(STEPS):
        update.zero_grad()
        loss = losses(case, params, image, label)["loss"]
        loss.backward()
        update.step()
        course.append(loss.detach())
    return torch.stack(course), {name: w.detach() for name, w in params.items()}


def attempt(case, seed):
    """The tensors of a case from one seed, its nearest kink, and how far float32 training drifts."""
    network, _, _, trained = CASES[case]
    generator = torch.Generator().manual_seed(seed)
    params = leaves(initial(network, generator))
    image = torch.rand((BATCH, 1, SIDE, SIDE), generator=generator, dtype=torch.float64)
    label = torch.randint(CLASSES, (BATCH,), generator=generator)

    margins.clear()
    out = losses(case, params, image, label)
    kink = min(margins)
    out["loss"].backward()
    tensors = {"image": image, "label": label, **out}
    for name, w in params.items():
        tensors[f"param.{name}"], tensors[f"grad.{name}"] = w, w.grad

    drift = 0.0
    start = {name: w.float() for name, w in params.items()}
    for optimizer in OPTIMIZERS:
        course, single = train(case, optimizer, start, image, label, torch.float32)
        _, double = train(case, optimizer, start, image.float(), label, torch.float64)
        drift = max([drift] + [(single[n] - double[n]).abs().max().item() for n in params])
        tensors[f"{optimizer}.losses"] = course
        if trained:
            tensors |= {f"{optimizer}.param.{name}": w for name, w in single.items()}
    return tensors, kink, drift


def search(case, attempt, bound):
    """What `attempt` makes of the first seed that keeps off every kink and drifts less than `bound`."""
    for n in range(200):
        # From the name, so that a case does not depend on the others.
        tensors, kink, drift = attempt(case, zlib.crc32(f"{case} {n}".encode()))
        if kink > KINK and drift < bound:
            return tensors, f"try {n}, nearest kink {kink:.1e}, float32 drift {drift:.1e}"
    raise AssertionError(f"{case}: no seed will do")


def pieces():
    """Single operations: inputs, output, and the gradients of sum(y * g)."""
    generator = torch.Generator().manual_seed(2025)
    tensors = {}
    margins.clear()

    def normal(*shape):
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    def piece(op, function, **inputs):
        inputs = leaves(inputs)
        y = function(**inputs)
        g = normal(*y.shape)
        (y * g).sum().backward()
        tensors.update({f"{op}.y": y, f"{op}.g": g})
        for name, x in inputs.items():
            tensors[f"{op}.{name}"], tensors[f"{op}.grad.{name}"] = x, x.grad

    def conv(stride, padding):
        return lambda x, weight, bias=None: F.conv2d(x, weight, bias, stride, padding)

    piece("conv_stride", conv(2, 1), x=normal(2, 3, 7, 7), weight=normal(2, 3, 3, 3) / 5, bias=normal(2))
    piece("conv_stride_7", conv(2, 3), x=normal(1, 3, 8, 9), weight=normal(2, 3, 7, 7) / 12, bias=normal(2))
    piece("conv_valid", conv(1, 0), x=normal(2, 2, 7, 6), weight=normal(3, 2, 5, 5) / 7)
    piece("max_pool_2", lambda x: max_pool(x, 2, 2), x=normal(2, 2, 4, 6))
    piece("max_pool_3_2", lambda x: max_pool(x, 3, 2), x=normal(2, 2, 7, 8))  # kernel 3, stride 2
    piece("avg_pool_2", lambda x: F.avg_pool2d(x, 2), x=normal(2, 2, 4, 6))
    piece("global_avg_pool", lambda x: x.mean((2, 3)), x=normal(2, 3, 4, 3))
    for op in ("batch_norm_train", "batch_norm_eval"):
        mean, var = normal(3), normal(3).square() + 0.5
        tensors |= {f"{op}.running_mean": mean.clone(), f"{op}.running_var": var.clone()}

        def batch_norm(x, weight, bias):
            training = op == "batch_norm_train"
            return F.batch_norm(x, mean, var, weight, bias, training, momentum=0.1, eps=1e-5)

        piece(op, batch_norm, x=2 * normal(3, 3, 4, 3) + 1, weight=normal(3), bias=normal(3))
        tensors |= {f"{op}.running_mean_after": mean, f"{op}.running_var_after": var}
    for op, function in [("softplus", F.softplus), ("sigmoid", torch.sigmoid), ("tanh", torch.tanh), ("relu", relu)]:
        piece(op, function, x=4 * normal(2, 2, 3, 4))
    piece("gain", lambda x, weight: x * weight, x=normal(2, 3, 3, 4), weight=normal(1, 3, 1, 1))
    piece("concat", lambda x1, x2: torch.cat([x1, x2], 1), x1=normal(2, 3, 3, 4), x2=normal(2, 2, 3, 4))
    transposed, shape = {"weight": normal(3, 2, 3, 3) / 5, "bias": normal(2)}, (2, 3, 4, 5)
    same = lambda x, weight, bias: F.conv_transpose2d(x, weight, bias, stride=2, padding=1, output_padding=1)
    piece("conv_transpose_same", same, x=normal(*shape), **transposed)
    valid = lambda x, weight, bias: F.conv_transpose2d(x, weight, bias, stride=2)
    piece("conv_transpose_valid", valid, x=normal(*shape), **transposed)
    depthwise = lambda x, weight, bias: F.conv2d(x, weight, bias, stride=2, padding=1, groups=3)
    piece("depthwise", depthwise, x=normal(2, 3, 5, 6), weight=normal(6, 1, 3, 3) / 3, bias=normal(6))
    padded = lambda x: max_pool(F.pad(x, (1, 1, 1, 1), value=-torch.inf), 3, 2)
    piece("max_pool_same", padded, x=normal(2, 2, 8, 7))
    unpadded = lambda x: F.avg_pool2d(x, 3, 2, padding=1, count_include_pad=False)
    piece("avg_pool_same", unpadded, x=normal(2, 2, 8, 7))
    affine = lambda x: {"weight": normal(x.shape[1]), "bias": normal(x.shape[1])}
    x = 2 * normal(2, 6, 3, 4) + 1
    piece("group_norm", lambda x, weight, bias: F.group_norm(x, 3, weight, bias), x=x, **affine(x))

    def layer_norm(x, weight, bias):
        channels = (-1,) + (1,) * (x.dim() - 2)
        return F.layer_norm(x, x.shape[1:]) * weight.reshape(channels) + bias.reshape(channels)

    piece("layer_norm", layer_norm, x=x, **affine(x))
    x = 2 * normal(3, 8, 1, 1) + 1
    piece("layer_norm_vector", lambda x, **affine: layer_norm(x.flatten(1), **affine), x=x, **affine(x))
    piece("lrn", lambda x: F.local_response_norm(x, 5, 0.5, 0.75, 2.0), x=3 * normal(2, 7, 3, 2))
    piece("gelu", F.gelu, x=4 * normal(2, 2, 3, 4))
    for mode, corners in [("nearest", None), ("bilinear", False)]:
        upsample = lambda x: F.interpolate(x, scale_factor=3, mode=mode, align_corners=corners)
        piece(f"upsample_{mode}", upsample, x=normal(2, 2, 3, 4))
    piece("shift", lambda x, weight: x + weight, x=normal(2, 3, 3, 4), weight=normal(1, 3, 1, 1))
    vector = lambda x, weight: x.flatten(1) * weight
    piece("gain_vector", vector, x=normal(2, 5, 1, 1), weight=normal(1, 5))

    def local(stride):
        def apply(x, weight, bias):
            height, width, out, _, k, _ = weight.shape
            columns = F.unfold(x, k, padding=k // 2, stride=stride)
            y = torch.einsum("pot,btp->bop", weight.reshape(height * width, out, -1), columns)
            return y.reshape(len(x), out, height, width) + bias[:, None, None]

        return apply

    piece("local", local(1), x=normal(2, 2, 4, 5), weight=normal(4, 5, 3, 2, 3, 3) / 4, bias=normal(3))
    piece("local_stride", local(2), x=normal(2, 2, 5, 4), weight=normal(3, 2, 3, 2, 3, 3) / 4, bias=normal(3))
    assert min(margins) > KINK
    return tensors, f"nearest kink {min(margins):.1e}"


def write(folder, makers):
    """One file for each name, of the tensors and the note that its maker gives."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    folder.mkdir(parents=True, exist_ok=True)
    for name, maker in makers.items():
        tensors, note = maker(name)
        file = folder / f"{name}.safetensors"
        tensors = {key: x.detach().clone().contiguous() for key, x in tensors.items()}
        save_file(tensors, file, metadata={"made by": f"PyTorch {torch.__version__.split('+')[0]}"})
        file.chmod(0o644)
        print(f"{file.name:24} {file.stat().st_size:7} bytes, {note}")


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    write(folder, {case: lambda case: search(case, attempt, DRIFT) for case in CASES} | {"pieces": lambda _: pieces()})


if __name__ == "__main__":
    main()
