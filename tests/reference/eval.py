"""The numbers of numpy in tests/runs/eval/witness.rs: `python tests/reference/eval.py`, with numpy."""

import numpy as np


def weights(*shape, scale):  # the same formula as in the test
    return np.array([(n * 3 % 13 - 6) / scale for n in range(int(np.prod(shape)))]).reshape(shape)


def image(label, k):
    i, j = np.mgrid[:12, :12]
    return ((37 * i * (label + 1) + 53 * j * (k + 1) + 11 * i * j + 29 * k) % 256) / 255


def conv(w, x):  # [to, from, 3, 3] over [images, from, 12, 12], zeros around
    x = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    parts = np.lib.stride_tricks.sliding_window_view(x, (3, 3), (2, 3))
    return np.einsum("ocij,bcyxij->boyx", w, parts)


labels = np.repeat(np.arange(3), 8)
images = np.stack([image(label, k) for label in range(3) for k in range(8)])[:, None]


def scores(steps=5, lateral=1, mask=(1, 1)):
    a = np.maximum(conv(weights(2, 1, 3, 3, scale=20), images), 0)
    mask = np.array(mask)[None, :, None, None]
    o = a * mask
    for _ in range(steps):
        o = np.maximum(a - conv(lateral * weights(2, 2, 3, 3, scale=10), o), 0) * mask
    pooled = o.reshape(24, 2, 3, 4, 3, 4).max((3, 5)).reshape(24, 18)
    return pooled @ weights(3, 18, scale=5).T + np.array([0.1, -0.2, 0.3])


def say(name, s):
    nats = np.log(np.exp(s).sum(1)) - s[np.arange(24), labels]
    print(name, np.mean(s.argmax(1) == labels), nats.mean())


whole = scores()
confusion = np.zeros((3, 3), int)
np.add.at(confusion, (labels, whole.argmax(1)), 1)
print("confusion", confusion.tolist())
print("first scores", whole[:3].tolist())
print("closest", np.diff(np.sort(whole, 1), axis=1)[:, 1].min(), "of scores up to", abs(whole).max())
for steps in (1, 2, 5, 9):
    say(f"steps {steps}", scores(steps))
say("without W_L", scores(lateral=0))
say("without O:1", scores(mask=(1, 0)))
