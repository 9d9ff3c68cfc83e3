"""The part of `loads.py` that runs where Brain-Score is: what it records of each plug-in against a forward pass."""

import importlib
import json
import os
import sys
from collections import defaultdict

import brainscore_vision
import numpy as np
import torch
from brainscore_core.metadata import contract
from brainscore_core.supported_data_standards.brainio.stimuli import StimulusSet
from PIL import Image

PACKAGE = os.path.dirname(brainscore_vision.__file__)
PICTURES = [f"work/picture{n}.png" for n in range(3)]


def passed(model):
    """What the modules give in a pass that Brain-Score has no part in: by module, a list of calls."""
    net = getattr(importlib.import_module(f"{model.__name__}"), "get_model")()._model.net
    seen = defaultdict(list)
    hooks = [
        net.get_submodule(name).register_forward_hook(lambda _m, _x, value, name=name: seen[name].append(value))
        for name in model.VALUES.values()
    ]
    images = torch.from_numpy(model.load_pictures(PICTURES))
    with torch.no_grad():
        scores = net(images)
    for hook in hooks:
        hook.remove()
    return net, images, scores, seen


def compared(name):
    model = importlib.import_module(f"brainscore_vision.models.{name}.model")
    loaded = brainscore_vision.load_model(name)
    assert loaded.identifier == name
    net, images, scores, seen = passed(model)
    if name == "lcnnc_loop":
        # The equations once more, by hand.
        afferent = torch.relu(net.W_A(images))
        state, states = afferent, [afferent]
        for _ in range(4):
            state = torch.relu(afferent + net.W_L(state))
            states.append(state)
        assert all(torch.equal(a, b) for a, b in zip(states, seen["V1.O"], strict=True))
    for layer, module in model.VALUES.items():
        of_layer = [known for known in model.LAYERS if known.split("-t")[0] == layer]
        recorded = loaded.activations_model(PICTURES, layers=of_layer)
        for known in of_layer:
            call = int(known.split("-t")[1]) if "-t" in known else 0
            ours = seen[module][call].detach().numpy().reshape(len(PICTURES), -1)
            theirs = recorded
            if "time_step" in recorded.dims:
                theirs = recorded.isel(time_step=list(recorded["time_step"].values).index(call))
            theirs = theirs.transpose("presentation", "neuroid")
            order = np.argsort(theirs["neuroid_num"].values, kind="stable")
            rows = [list(theirs["stimulus_path"].values).index(path) for path in PICTURES]
            difference = np.abs(theirs.values[rows][:, order] - ours).max()
            print(f"{name}: {known} {ours.shape[1]} units, largest {np.abs(ours).max():.3g}, difference {difference}")
            assert difference == 0.0
            assert np.abs(ours).max() > 0 and not np.array_equal(ours[0], ours[1]), f"{known} says nothing of the image"
    if hasattr(model, "TIME_BINS"):
        recorded_in_time(loaded, model, name, seen)
    with open(f"{PACKAGE}/models/{name}/metadata.yaml") as file:
        contract.load(file.read(), "vision")
    with open(f"{PACKAGE}/models/{name}/region_layer_map/{name}.json") as file:
        for region, layer in json.load(file).items():
            assert layer in model.LAYERS and layer.startswith(region), layer
    assert scores.shape[0] == len(PICTURES) and model.get_bibtex(name).startswith("@misc{")


def recorded_in_time(loaded, model, name, seen):
    """A benchmark's own way: a region and time bins, in place of layers."""
    names = [os.path.basename(path) for path in PICTURES]
    stimuli = StimulusSet({"stimulus_id": names})
    stimuli.stimulus_paths = dict(zip(names, PICTURES, strict=True))
    stimuli.identifier = f"{name}-pictures"
    for layer, module in model.VALUES.items():
        bins = model.TIME_BINS[layer.split(".")[0]]
        loaded.start_recording(layer.split(".")[0], time_bins=list(bins.values()))
        activity = loaded.look_at(stimuli).transpose("time_bin", "presentation", "neuroid")
        order = np.argsort(activity["neuroid_num"].values, kind="stable")
        rows = [list(activity["stimulus_id"].values).index(known) for known in names]
        starts = list(activity["time_bin_start"].values)
        for call, (start, end) in bins.items():
            ours = seen[module][call].detach().numpy().reshape(len(PICTURES), -1)
            theirs = activity.values[starts.index(start)][rows][:, order]
            difference = np.abs(theirs - ours).max()
            print(f"{name}: {layer} from {start} to {end} ms, difference {difference}")
            assert difference == 0.0


noise = np.random.default_rng(1)
for picture in PICTURES:
    Image.fromarray(noise.integers(0, 256, (60, 80, 3), dtype=np.uint8)).save(picture)
for plugin in json.loads(sys.argv[1]):
    compared(plugin)
print("all activations are those of a forward pass")
