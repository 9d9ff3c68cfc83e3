"""What TensorBoard's own reader finds in the event files of a folder, as JSON on standard output.

Needs `pip install tensorboard`, not TensorFlow. Numbers are written as text, so that nothing is lost on the way.
"""

import io
import json
import sys

from PIL import Image
from tensorboard.backend.event_processing import event_accumulator, event_file_loader
from tensorboard.backend.event_processing.io_wrapper import GetLogdirSubdirectories, ListDirectoryAbsolute

KEEP_ALL = {"scalars": 0, "histograms": 0, "images": 0, "tensors": 0}


def pixels(png):
    image = Image.open(io.BytesIO(png))
    assert image.mode == "L", image.mode
    return {"size": [image.height, image.width], "pixels": image.tobytes().hex()}


def main(logdir):
    (folder,) = GetLogdirSubdirectories(logdir)
    (path,) = ListDirectoryAbsolute(folder)
    events = event_accumulator.EventAccumulator(folder, size_guidance=KEEP_ALL).Reload()
    tags = events.Tags()
    scalars = [
        {"tag": tag, "step": event.step, "wall": repr(event.wall_time), "value": repr(event.value)}
        for tag in tags["scalars"]
        for event in events.Scalars(tag)
    ]
    histograms = [
        {
            "tag": tag,
            "step": event.step,
            "wall": repr(event.wall_time),
            "moments": [repr(getattr(event.histogram_value, name)) for name in ("min", "max", "num", "sum", "sum_squares")],
            "limits": [repr(limit) for limit in event.histogram_value.bucket_limit],
            "counts": [repr(count) for count in event.histogram_value.bucket],
        }
        for tag in tags["histograms"]
        for event in events.Histograms(tag)
    ]
    images = [
        {
            "tag": tag,
            "step": event.step,
            "wall": repr(event.wall_time),
            "declared": [event.height, event.width],
            **pixels(event.encoded_image_string),
        }
        for tag in tags["images"]
        for event in events.Images(tag)
    ]
    # As the server meets them: brought to today's form, in which each value names the part that shows it.
    migrated = event_file_loader.EventFileLoader(path).Load()
    shown = {
        value.tag: [value.metadata.plugin_data.plugin_name, value.metadata.summary_description]
        for event in migrated
        for value in event.summary.value
    }
    started = repr(events.FirstEventTimestamp())
    json.dump({"started": started, "scalars": scalars, "histograms": histograms, "images": images, "shown": shown}, sys.stdout)


main(sys.argv[1])
