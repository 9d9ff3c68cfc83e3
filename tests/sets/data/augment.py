"""Where the numbers in augment.rs come from: ChaCha8, the drawing and each augmentation, written apart from lcnnc.

Needs torch (2.x). `rotate` is torchvision's, without torchvision: its affine grid and torch's `grid_sample`; so are
`resized_crop` and `resize`, by the lines of its `get_params` and torch's `interpolate` with antialiasing.
"""
import math
import struct

import torch


def chacha8(key, counter):
    state = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574, *struct.unpack("<8I", key), counter, 0, 0, 0]
    x = list(state)

    def quarter(a, b, c, d):
        for p, q, r, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            x[p] = (x[p] + x[q]) & 0xFFFFFFFF
            x[r] ^= x[p]
            x[r] = ((x[r] << turn) | (x[r] >> (32 - turn))) & 0xFFFFFFFF

    for _ in range(4):
        for n in range(4):
            quarter(n, n + 4, n + 8, n + 12)
        for n in range(4):
            quarter(n, 4 + (n + 1) % 4, 8 + (n + 2) % 4, 12 + (n + 3) % 4)
    return [(a + b) & 0xFFFFFFFF for a, b in zip(x, state)]


def stream(seed, epoch, place, view, step):
    key = struct.pack("<4Q", seed, 6, (epoch << 40) + place, (view << 32) + step)
    counter = 0
    while True:
        words = chacha8(key, counter)
        yield from (words[i] | words[i + 1] << 32 for i in range(0, 16, 2))
        counter += 1


def below(drawn, bound):
    even = (2**64 - 1) - (2**64 - 1) % bound
    return next(number for number in drawn if number < even) % bound


def unit(drawn):
    return (next(drawn) >> 11) / 2**53


def pattern(height, width):
    return torch.tensor([[(y % height * 7 + x * 3) % 11 / 10 for x in range(width)] for y in range(height)])


def pad_crop(image, drawn, border, fill=0.0):
    down, right = below(drawn, 2 * border + 1), below(drawn, 2 * border + 1)
    padded = torch.nn.functional.pad(image, (border,) * 4, value=fill)
    return padded[down : down + image.shape[0], right : right + image.shape[1]]


def resize(image, height, width):
    size = {"size": (height, width), "mode": "bilinear", "antialias": True, "align_corners": False}
    return torch.nn.functional.interpolate(image.double()[None, None], **size)[0, 0]


def short_side(image, size):
    height, width = image.shape
    if height <= width:
        return resize(image, size, int(size * width / height))
    return resize(image, int(size * height / width), size)


def crop(image, drawn, size, of=None):
    image = image if of is None else short_side(image, of)
    row, column = below(drawn, image.shape[0] - size + 1), below(drawn, image.shape[1] - size + 1)
    return image[row : row + size, column : column + size]


def centre_crop(image, size):
    top, left = (int(round((side - size) / 2.0)) for side in image.shape)
    return image[top : top + size, left : left + size]


def resized_crop(image, drawn, size, scale=(0.08, 1.0), ratio=(3.0 / 4.0, 4.0 / 3.0)):
    height, width = image.shape
    area = height * width
    log_ratio = [math.log(bound) for bound in ratio]
    for _ in range(10):
        target_area = area * (scale[0] + (scale[1] - scale[0]) * unit(drawn))
        aspect_ratio = math.exp(log_ratio[0] + (log_ratio[1] - log_ratio[0]) * unit(drawn))
        w = int(round(math.sqrt(target_area * aspect_ratio)))
        h = int(round(math.sqrt(target_area / aspect_ratio)))
        if 0 < w <= width and 0 < h <= height:
            i, j = below(drawn, height - h + 1), below(drawn, width - w + 1)
            return resize(image[i : i + h, j : j + w], size, size)
    in_ratio = float(width) / float(height)
    if in_ratio < min(ratio):
        w = width
        h = int(round(w / min(ratio)))
    elif in_ratio > max(ratio):
        h = height
        w = int(round(h * max(ratio)))
    else:
        w, h = width, height
    i, j = (height - h) // 2, (width - w) // 2
    return resize(image[i : i + h, j : j + w], size, size)


def flip(image, drawn, p=0.5):
    return image.flip(1) if unit(drawn) < p else image


def rotate(image, drawn, degrees):
    angle = math.radians((2 * unit(drawn) - 1) * degrees)
    height, width = image.shape
    sine, cosine = math.sin(angle), math.cos(angle)
    # From a place in the turned image to one in the old, both in pixels from the centre, then as grid_sample counts.
    y, x = torch.meshgrid(torch.arange(height) - (height - 1) / 2, torch.arange(width) - (width - 1) / 2, indexing="ij")
    old_x, old_y = cosine * x.double() - sine * y.double(), sine * x.double() + cosine * y.double()
    grid = torch.stack([old_x / (width / 2), old_y / (height / 2)], -1)[None]
    sampled = torch.nn.functional.grid_sample(
        image.double()[None, None], grid, mode="bilinear", padding_mode="zeros", align_corners=False
    )
    return sampled[0, 0]


def shown(image):
    return [round(x, 6) for x in image.double().flatten().tolist()]


image = pattern(4, 5)
for view in range(2):
    print("pad_crop", view, shown(pad_crop(image, stream(9, 3, 7, view, 0), 2)))
    print("rotate", view, shown(rotate(image, stream(9, 3, 7, view, 0), 40.0)))
    both = flip(pad_crop(image, stream(9, 3, 7, view, 0), 2), stream(9, 3, 7, view, 1))
    print("both", view, shown(rotate(both, stream(9, 3, 7, view, 2), 15.0)))
print("flip", [unit(stream(9, 3, place, 0, 0)) < 0.5 for place in range(16)])
print("angles", [round((2 * unit(stream(9, 3, 7, view, 0)) - 1) * 40.0, 3) for view in range(2)])

for view in range(2):
    filled = pad_crop(image, stream(9, 3, 7, view, 0), 2, fill=0.25)
    print("fill", view, shown(filled))
    print("crop", view, shown(crop(pattern(6, 7), stream(9, 3, 7, view, 0), 3)))
    print("crop of", view, shown(crop(pattern(6, 7), stream(9, 3, 7, view, 0), 3, of=4)))
    print("resized_crop", view, shown(resized_crop(pattern(9, 8), stream(9, 3, 7, view, 0), 4)))
    print("wide", view, shown(resized_crop(pattern(4, 20), stream(9, 3, 7, view, 0), 2, (0.9, 1.0))))
    print("tall", view, shown(resized_crop(pattern(20, 4), stream(9, 3, 7, view, 0), 2, (0.9, 1.0))))
print("centre_crop", shown(centre_crop(pattern(6, 9), 3)))
sizes = [resized_crop(pattern(9, 8), stream(9, 3, place, 0, 0), 2)[0, 0].item() for place in range(16)]
print("resized_crop, first pixels", [round(x, 6) for x in sizes])
