"""Draws the pictures of this folder, and writes what Pillow reads in them to pillow.json: for each file what `convert("RGB")` makes of it, as
torchvision's ImageFolder does. Needs Pillow and numpy; the tests need neither."""

import io
import json
import pathlib
import struct
import warnings
import zlib

import numpy as np
from PIL import Image

HERE = pathlib.Path(__file__).parent
SIDE = 8
warnings.simplefilter("ignore")


def base(shift=0):
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    planes = [rows * 30 + shift, columns * 25 + 10, 200 - rows * 12 - columns * 10]
    return Image.fromarray(np.stack(planes, 2).astype(np.uint8))


def encoded(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def interlaced(image):
    """Adam7, which Pillow reads and does not write."""
    pixels = np.asarray(image)
    data = b""
    for top, left, down, right in [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]:
        for row in pixels[top::down, left::right]:
            data += b"\0" + row.tobytes()
    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def bands(image, kind="P"):
    return image.quantize(4) if kind == "P" else image.convert(kind)


def files():
    image = base()
    clear = image.convert("RGBA")
    clear.putalpha(Image.fromarray((np.arange(SIDE * SIDE).reshape(SIDE, SIDE) * 4).astype(np.uint8)))
    grey16 = Image.fromarray((np.arange(SIDE * SIDE).reshape(SIDE, SIDE) * 1000).astype(np.uint16))
    turned = Image.Exif()
    turned[0x0112] = 6
    tall = image.crop((0, 0, SIDE, SIDE // 2))
    yield "plain.png", encoded(image, "PNG")
    yield "palette.png", encoded(bands(image), "PNG")
    yield "palette_colour_clear.png", encoded(bands(image), "PNG", transparency=0)
    yield "palette_alpha.png", encoded(bands(image), "PNG", transparency=bytes([0, 128, 255, 255]))
    yield "bilevel.png", encoded(image.convert("1"), "PNG")
    yield "grey.png", encoded(image.convert("L"), "PNG")
    yield "grey_alpha.png", encoded(clear.convert("LA"), "PNG")
    yield "alpha.png", encoded(clear, "PNG")
    yield "grey16.png", encoded(grey16, "PNG")
    yield "interlaced.png", interlaced(image)
    yield "animated.png", encoded(image, "PNG", save_all=True, append_images=[base(40)])
    yield "plain.jpg", encoded(image, "JPEG", quality=95)
    yield "grey.jpg", encoded(image.convert("L"), "JPEG", quality=95)
    yield "progressive.jpg", encoded(image, "JPEG", progressive=True, quality=95)
    yield "cmyk.jpg", encoded(image.convert("CMYK"), "JPEG", quality=95)
    yield "turned.jpg", encoded(tall, "JPEG", exif=turned, quality=95, subsampling=0)
    yield "profile.jpg", encoded(image, "JPEG", icc_profile=b"\0" * 300, quality=95)
    yield "plain.bmp", encoded(image, "BMP")
    yield "palette.bmp", encoded(bands(image), "BMP")
    yield "plain.ppm", encoded(image, "PPM")
    yield "grey.pgm", encoded(image.convert("L"), "PPM")
    yield "plain.tif", encoded(image, "TIFF")
    yield "packed.tiff", encoded(image, "TIFF", compression="tiff_lzw")
    yield "grey16.tif", encoded(grey16, "TIFF")
    yield "cmyk.tif", encoded(image.convert("CMYK"), "TIFF")
    yield "palette.tif", encoded(bands(image), "TIFF")
    yield "float.tif", encoded(image.convert("F"), "TIFF")
    yield "lossless.webp", encoded(image, "WEBP", lossless=True)
    yield "lossy.webp", encoded(image, "WEBP", quality=90)
    yield "alpha.webp", encoded(clear, "WEBP", lossless=True, exact=True)
    yield "animated.webp", encoded(image, "WEBP", lossless=True, save_all=True, append_images=[base(40)])


read = {}
for name, data in files():
    (HERE / name).write_bytes(data)
    picture = Image.open(io.BytesIO(data))
    mode = picture.mode
    pixels = np.asarray(picture.convert("RGB"))
    read[name] = {"mode": mode, "height": pixels.shape[0], "width": pixels.shape[1], "rgb": pixels.reshape(-1).tolist()}
(HERE / "pillow.json").write_text("{\n" + ",\n".join(f'"{name}": {json.dumps(of)}' for name, of in read.items()) + "\n}\n")
