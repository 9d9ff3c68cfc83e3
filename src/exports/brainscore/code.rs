//! The Python of a plug-in, as Black lays it out.

use super::Plugin;
use lcnnc_lang::back::pytorch::{About, class_of};
use lcnnc_lang::vocabulary::{ArgValue, Bound, real};
use std::fmt::Write;

/// A text as a string of Python.
fn quoted(text: &str) -> String {
    format!("{text:?}")
}

/// What registers the model.
pub fn init(plugin: &Plugin) -> String {
    let id = quoted(plugin.id);
    let (from, commitment, names, more) = if plugin.is_in_time() {
        let more = "    time_mapping=TIME_BINS,\n    behavioral_readout_layer=LAYERS[-1],\n";
        ("brainscore_vision.models.cornet_s.helpers.helpers", "CORnetCommitment", "LAYERS, TIME_BINS, get_model", more)
    } else {
        ("brainscore_vision.model_helpers.brain_transformation", "ModelCommitment", "LAYERS, get_model", "")
    };
    format!(
        "from brainscore_vision import model_registry\nfrom {from} import {commitment}\n\n\
         from .model import {names}\n\n\
         model_registry[{id}] = lambda: {commitment}(\n    identifier={id},\n    activations_model=get_model(),\n    layers=LAYERS,\n{more})\n"
    )
}

pub fn test(plugin: &Plugin) -> String {
    let id = quoted(plugin.id);
    format!(
        "import brainscore_vision\nimport pytest\n\n\n@pytest.mark.travis_slow\ndef test_has_identifier():\n    \
         model = brainscore_vision.load_model({id})\n    assert model.identifier == {id}\n"
    )
}

/// What the transforms of a spec leave to be done, so that a picture fits the net.
struct Fit {
    /// Whether pictures are read as grey ones.
    is_grey: bool,
    /// Whether pictures are brought to the size of the net's input.
    is_sized: bool,
}

fn fit(plugin: &Plugin) -> Fit {
    let calls = transforms(plugin.about);
    let has = |name: &str| calls.iter().any(|call| call.callee == name);
    let (_, [channels, ..]) = plugin.net.input;
    let sizes = |call: &Bound| {
        call.callee == "centre_crop" || call.callee == "resize" && call.maybe_word("side") != Some("short")
    };
    Fit { is_grey: channels == 1 && !has("grayscale"), is_sized: !calls.iter().any(sizes) }
}

fn transforms(about: &About) -> &[Bound] {
    let of = |name: &str| match about.settings.as_ref().and_then(|settings| settings.data.get(name)) {
        Some(ArgValue::Calls(calls)) => Some(calls.as_slice()),
        _ => None,
    };
    of("test_transform").or_else(|| of("transform")).unwrap_or_default()
}

/// What is said of pictures that the spec's transforms alone do not make fit.
pub fn unfit(plugin: &Plugin) -> Option<String> {
    let (_, [_, height, width]) = plugin.net.input;
    let Fit { is_grey, is_sized } = fit(plugin);
    let parts = [(is_grey, "make them grey".to_owned()), (is_sized, format!("resize them to {height} × {width}"))];
    let parts: Vec<String> = parts.into_iter().filter(|(is, _)| *is).map(|(_, what)| what).collect();
    let done = parts.join(" and ");
    (!parts.is_empty())
        .then(|| format!("Brain-Score shows colour pictures of any size, and the spec does not {done}: model.py does"))
}

/// The model: the net with its weights, and its values under the names of regions.
pub fn model(plugin: &Plugin, has_preprocess: bool) -> String {
    let is_in_time = plugin.is_in_time();
    let class = class_of(plugin.net);
    let Fit { is_grey, is_sized } = fit(plugin);
    let (_, [_, height, width]) = plugin.net.input;
    let wrapper = if is_in_time { "TemporalPytorchWrapper" } else { "PytorchWrapper" };
    let from = if is_in_time { "models.cornet_s.helpers.helpers" } else { "model_helpers.activations.pytorch" };
    let names = if has_preprocess { format!("{class}, preprocess") } else { class.clone() };
    let mut out = format!(
        "\"\"\"{} for Brain-Score: net.py with its values under the regions they stand for.\"\"\"\n\n",
        plugin.net.name
    );
    let mut line = |text: &str| out += &format!("{text}\n");
    if plugin.brings_weights() {
        line("from pathlib import Path\n");
    }
    line("import numpy as np\nimport torch");
    if is_sized {
        line("import torch.nn.functional as F");
    }
    if !plugin.brings_weights() {
        line("from brainscore_core.supported_data_standards.brainio.s3 import load_weight_file");
    }
    line(&format!("from brainscore_vision.{from} import {wrapper}"));
    line("from PIL import Image\nfrom safetensors.torch import load_file\nfrom torch import nn\n");
    line(&format!("from .net import {names}\n"));
    line("# For each layer the module of net.py that has its value.\nVALUES = {");
    for area in &plugin.mapping.areas {
        line(&format!("    {}: {},", quoted(&area.layer()), quoted(&area.place.module)));
    }
    line("}\n");
    if is_in_time {
        line(&time(plugin));
    } else {
        line("LAYERS = list(VALUES)");
    }
    line(REGIONS);
    line(&weights(plugin));
    line(
        "\ndef load_pictures(paths, **_):\n    pictures = []\n    for path in paths:\n        with Image.open(path) as picture:",
    );
    let mode = if is_grey { "L" } else { "RGB" };
    line(&format!("            pixels = np.asarray(picture.convert(\"{mode}\"), dtype=np.float32) / 255"));
    let tensor = if is_grey {
        "torch.from_numpy(pixels)[None, None]"
    } else {
        "torch.from_numpy(pixels).permute(2, 0, 1)[None]"
    };
    line(&format!("        images = {tensor}"));
    if is_sized {
        line(&format!("        size = ({height}, {width})"));
        line("        images = F.interpolate(images, size, mode=\"bilinear\", antialias=True)");
    }
    line(if has_preprocess {
        "        pictures.append(preprocess(images).numpy())"
    } else {
        "        pictures.append(images.numpy())"
    });
    line("    return np.concatenate(pictures)\n\n");
    line(&format!("def get_model(identifier={}):\n    net = {class}()", quoted(plugin.id)));
    line("    net.load_state_dict(load_file(weights_file()))");
    line(&format!("    wrapper = {wrapper}("));
    line("        identifier=identifier, model=Regions(net.eval()), preprocessing=load_pictures\n    )");
    line(&format!("    wrapper.image_size = {height}\n    return wrapper\n\n"));
    line(&bibtex(plugin));
    format!("{}\n", out.trim_end())
}

const REGIONS: &str = r#"

class Regions(nn.Module):
    """The net, whose values have the names of regions before their own."""

    def __init__(self, net):
        super().__init__()
        self.net = net
        for layer, value in VALUES.items():
            region, name = layer.split(".")
            self.add_module(region, nn.Module())
            self.get_submodule(region).add_module(name, net.get_submodule(value))
        # Brain-Score takes the last module for the scores.
        self.scores = nn.Identity()

    def forward(self, images):
        return self.scores(self.net(images))

"#;

/// The layers of all steps, and when each of them is.
fn time(plugin: &Plugin) -> String {
    let ms = real(plugin.ms_per_step);
    let mut out = format!(
        "# How long a step lasts, and for each layer the calls of its module and the step of the\n\
         # first call: step s lasts from s to s + 1 times MS_PER_STEP after the image. Brain-Score\n\
         # looks times up, and finds whole milliseconds alone.\nMS_PER_STEP = {ms}\nCALLS = {{\n"
    );
    for area in &plugin.mapping.areas {
        let calls = area.calls();
        let start = if calls.start == 0 { String::new() } else { format!("{}, ", calls.start) };
        let row = format!("(range({start}{}), {})", calls.end, area.place.step(calls.start));
        let _ = writeln!(out, "    {}: {row},", quoted(&area.layer()));
    }
    out += "}\n\nLAYERS = [f\"{layer}-t{call}\" for layer, (calls, _) in CALLS.items() for call in calls]\n";
    out += "TIME_BINS = {\n    layer.split(\".\")[0]: {\n        \
            call: (round(step * MS_PER_STEP), round((step + 1) * MS_PER_STEP))\n        \
            for step, call in enumerate(calls, first)\n    }\n    for layer, (calls, first) in CALLS.items()\n}";
    out
}

fn weights(plugin: &Plugin) -> String {
    if plugin.brings_weights() {
        return "def weights_file():\n    return Path(__file__).parent / \"net.safetensors\"\n".to_owned();
    }
    let path = quoted(&format!("{}/net.safetensors", plugin.id));
    format!(
        "def weights_file():\n    return load_weight_file(\n        bucket=\"brainscore-storage\",\n        \
         folder_name=\"brainscore-vision/models\",\n        relative_path={path},\n        version_id=\"null\",\n        \
         sha1=\"{}\",\n    )\n",
        plugin.sha1()
    )
}

/// The reference that the model is cited by: what the head of the spec says.
fn bibtex(plugin: &Plugin) -> String {
    let head = plugin.about.head.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
    let plain = |text: &str| text.trim().replace(['\\', '{', '}', '"'], " ");
    let (title, note) = (plain(&plugin.net.name), plain(&head));
    format!(
        "def get_bibtex(_identifier):\n    return \"\"\"@misc{{{id},\n    title = {{{title}}},\n    note = {{{note}}}\n}}\"\"\"\n",
        id = plugin.id
    )
}
