"""Writes cifar-100-python/ beside this file: three images, pickled by Python 3 and numpy with protocol 2.

The pixels are (7 * image + 31 * place) mod 256 and the class of image n is 10 + n, as tests/sets/data/pickle.rs expects.
"""
import pathlib
import pickle

import numpy

folder = pathlib.Path(__file__).parent / "cifar-100-python"
folder.mkdir(exist_ok=True)


def half(images):
    pixels = [[(7 * image + 31 * place) % 256 for place in range(3072)] for image in images]
    return {
        "filenames": [f"image_{image}.png" for image in images],
        "batch_label": "three images",
        "fine_labels": [10 + image for image in images],
        "coarse_labels": [image for image in images],
        "data": numpy.array(pixels, dtype=numpy.uint8),
    }


names = [f"class_{number}" for number in range(100)]
for name, content in [("train", half([0, 1])), ("test", half([2])), ("meta", {"fine_label_names": names})]:
    with open(folder / name, "wb") as file:
        pickle.dump(content, file, protocol=2)
