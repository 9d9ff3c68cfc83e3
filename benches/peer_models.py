"""The models of `specs/` that are not Park, Zhang & Choe's, as one would write them in PyTorch; `peer.py` trains them.

Each is a module that gives the scores of every step that the loss is the mean of. The equations are those of the specs of the
same names, where the papers are named.
"""
import torch
import torch.nn.functional as F
from torch import nn


def conv(inputs, outputs, kernel, stride=1, bias=False):
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=bias)


class Basic(nn.Module):
    def __init__(self, inputs, planes, stride=1):
        super().__init__()
        self.conv1, self.norm1 = conv(inputs, planes, 3, stride), nn.BatchNorm2d(planes)
        self.conv2, self.norm2 = conv(planes, planes, 3), nn.BatchNorm2d(planes)
        is_same = stride == 1 and inputs == planes
        self.skip = nn.Identity() if is_same else nn.Sequential(conv(inputs, planes, 1, stride), nn.BatchNorm2d(planes))

    def forward(self, x):
        h = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.norm2(self.conv2(h)) + self.skip(x))


class ResNet20(nn.Module):
    def __init__(self, width=16, blocks=3):
        super().__init__()
        stages, inputs = [], width
        for planes, stride in [(width, 1), (2 * width, 2), (4 * width, 2)]:
            stages += [Basic(inputs, planes, stride), *(Basic(planes, planes) for _ in range(blocks - 1))]
            inputs = planes
        self.stem = nn.Sequential(conv(3, width, 3), nn.BatchNorm2d(width), nn.ReLU())
        self.stages, self.dense = nn.Sequential(*stages), nn.Linear(4 * width, 10)

    def forward(self, image):
        return [self.dense(self.stages(self.stem(image)).mean((2, 3)))]


class Blt(nn.Module):
    def __init__(self, width=32, steps=4):
        super().__init__()
        self.width, self.steps = width, steps
        self.bottom1, self.bottom2 = conv(1, width, 3, bias=True), conv(width, width, 3, bias=True)
        self.lateral1, self.lateral2 = conv(width, width, 3), conv(width, width, 3)
        self.top = nn.ConvTranspose2d(width, width, 3, 2, 1, output_padding=1, bias=False)
        self.norm, self.dense = nn.LocalResponseNorm(11, 11e-4, 0.5, 1), nn.Linear(width, 10)

    def forward(self, image):
        batch, _, size, _ = image.shape
        v1 = image.new_zeros(batch, self.width, size, size)
        v2 = image.new_zeros(batch, self.width, size // 2, size // 2)
        scores = []
        for _ in range(self.steps):
            v1 = self.norm(F.relu(self.bottom1(image) + self.lateral1(v1) + self.top(v2)))
            v2 = self.norm(F.relu(self.bottom2(F.max_pool2d(v1, 2)) + self.lateral2(v2)))
            scores.append(self.dense(v2.amax((2, 3))))
        return scores


class Recurrent(nn.Module):
    def __init__(self, width, steps):
        super().__init__()
        self.steps, self.norm = steps, nn.LocalResponseNorm(13, 1e-3, 0.75, 1)
        self.forth, self.lateral = conv(width, width, 3, bias=True), conv(width, width, 3)

    def forward(self, u):
        drive = self.forth(u)
        x = self.norm(F.relu(drive))
        for _ in range(self.steps):
            x = self.norm(F.relu(drive + self.lateral(x)))
        return x


class Rcnn(nn.Module):
    def __init__(self, width=96, steps=3):
        super().__init__()
        self.first = conv(3, width, 5, bias=True)
        self.layers = nn.ModuleList(Recurrent(width, steps) for _ in range(4))
        self.dropout, self.dense = nn.Dropout(), nn.Linear(width, 10)

    def forward(self, image):
        second, third, fourth, fifth = self.layers
        x = F.max_pool2d(F.relu(self.first(image)), 3, 2, 1)
        x = self.dropout(second(x))
        x = self.dropout(F.max_pool2d(third(x), 3, 2, 1))
        return [self.dense(fifth(self.dropout(fourth(x))).amax((2, 3)))]


class Area(nn.Module):
    def __init__(self, inputs, planes, steps):
        super().__init__()
        self.afferent = conv(inputs, planes, 1)
        self.skip = nn.Sequential(conv(planes, planes, 1, 2), nn.BatchNorm2d(planes))
        self.conv1, self.conv3 = conv(planes, 4 * planes, 1), conv(4 * planes, planes, 1)
        self.conv2 = conv(4 * planes, 4 * planes, 3)
        self.norms = nn.ModuleList(
            nn.ModuleList(nn.BatchNorm2d(maps) for maps in (4 * planes, 4 * planes, planes)) for _ in range(steps)
        )

    def forward(self, x):
        s = self.afferent(x)
        skip, stride = self.skip(s), 2
        for first, second, third in self.norms:
            a = F.relu(first(self.conv1(s)))
            b = F.relu(second(F.conv2d(a, self.conv2.weight, None, stride, 1)))
            s = F.relu(third(self.conv3(b)) + skip)
            skip, stride = s, 1
        return s


class CorNetS(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.retina = nn.Sequential(conv(3, width, 7, 2), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        self.v1 = nn.Sequential(conv(width, width, 3), nn.BatchNorm2d(width), nn.ReLU())
        areas = [Area(width, 2 * width, 2), Area(2 * width, 4 * width, 4), Area(4 * width, 8 * width, 2)]
        self.areas, self.dense = nn.Sequential(*areas), nn.Linear(8 * width, 10)

    def forward(self, image):
        return [self.dense(self.areas(self.v1(self.retina(image))).mean((2, 3)))]


class Hgru(nn.Module):
    def __init__(self, width=25, kernel=15, steps=8):
        super().__init__()
        self.first, self.horizontal = conv(1, width, 7, bias=True), conv(width, width, kernel)
        self.gain_gate, self.mix_gate = conv(width, width, 1, bias=True), conv(width, width, 1, bias=True)
        channels = lambda start: nn.Parameter(torch.full((width, 1, 1), start))
        self.alpha, self.mu = channels(0.1), channels(1.0)
        self.kappa, self.beta, self.omega = channels(0.5), channels(1.0), channels(0.5)
        self.eta = nn.ParameterList(channels(1.0) for _ in range(steps))
        self.dense = nn.Linear(width, 10)

    def forward(self, image):
        x = self.first(image).square()
        h = torch.zeros_like(x)
        for eta in self.eta:
            c1 = self.horizontal(torch.sigmoid(self.gain_gate(h)) * h)
            h1 = torch.tanh(x - c1 * (self.alpha * h + self.mu))
            mix, c2 = torch.sigmoid(self.mix_gate(h1)), self.horizontal(h1)
            h2 = torch.tanh(self.kappa * h1 + self.beta * c2 + self.omega * (h1 * c2))
            h = eta * (mix * h2 + (1 - mix) * h)
        return [self.dense(h.amax((2, 3)))]


class Dann(nn.Module):
    def __init__(self, inputs, excitatory, inhibitory):
        super().__init__()
        self.onto_excitatory = conv(inhibitory, excitatory, 1)
        self.excite, self.inhibit = conv(inputs, excitatory, 5), conv(inputs, inhibitory, 5)
        self.gain_i, self.gain = nn.Parameter(torch.ones(inhibitory, 1, 1)), nn.Parameter(torch.ones(excitatory, 1, 1))
        self.shift = nn.Parameter(torch.zeros(excitatory, 1, 1))
        with torch.no_grad():
            for layer in (self.onto_excitatory, self.excite, self.inhibit):
                layer.weight.abs_()

    def forward(self, x):
        i = self.inhibit(x)
        gamma = self.onto_excitatory(self.gain_i * i)
        return F.relu(self.gain * (self.excite(x) - self.onto_excitatory(i)) / (gamma + 0.1) + self.shift)


class Dale(nn.Module):
    def __init__(self, width=16, inhibitory=4):
        super().__init__()
        self.layer1, self.layer2 = Dann(1, width, inhibitory), Dann(width, 2 * width, 2 * inhibitory)
        self.dense = nn.Linear(2 * width * 49, 10)

    def forward(self, image):
        x = F.max_pool2d(self.layer1(image), 2)
        return [self.dense(F.max_pool2d(self.layer2(x), 2).flatten(1))]


MODELS = {"resnet20": ResNet20, "blt": Blt, "rcnn": Rcnn, "cornet_s": CorNetS, "hgru": Hgru, "dale": Dale}
