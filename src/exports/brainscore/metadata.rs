//! What a plug-in says of itself: which layer stands for which region, and facts of the model.

use super::Plugin;
use lcnnc_lang::ir::{Param, ParamClass};
use serde_json::{Map, Value, json};

/// The last layer of each region, by which Brain-Score need not look for one.
pub fn map(plugin: &Plugin) -> String {
    let layers = plugin.mapping.areas.iter().filter_map(|area| {
        let layer = plugin.layers(area).pop()?;
        Some((area.region.to_owned(), Value::String(layer)))
    });
    format!("{:#}\n", Value::Object(layers.collect::<Map<String, Value>>()))
}

/// The facts, after the second version of Brain-Score's schema. What nobody has looked at is left out.
pub fn text(plugin: &Plugin) -> String {
    let net = plugin.net;
    let (_, [channels, height, width]) = &net.input;
    let is_recurrent = net.loops().next().is_some();
    let family = if is_recurrent { "recurrent_convolutional_neural_network" } else { "convolutional_neural_network" };
    let head: Vec<&str> = plugin.about.head.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
    // Frozen ones are parameters of the model, too; running statistics are not.
    let parameters =
        net.params.iter().filter(|param| param.class != ParamClass::Statistic).map(Param::len).sum::<usize>();
    let source = format!("Written by lcnnc {} from {}.", env!("CARGO_PKG_VERSION"), plugin.about.origin);
    let (data, bases) = (plugin.history.data(), plugin.history.bases());
    let mut groups = Map::new();
    if !data.is_empty() {
        groups.insert("data".to_owned(), data.into());
    }
    if !bases.is_empty() {
        groups.insert("lineage".to_owned(), json!({ "base_models": bases }));
    }
    // Nobody but this program has looked at it: `verified` is the word of Brain-Score's reviewers.
    let said = ["model"].into_iter().chain(groups.keys().map(String::as_str));
    let assertions: Vec<Value> =
        said.map(|group| json!({ "path": format!("/{group}"), "status": "probable", "sources": ["lcnnc"] })).collect();
    let mut facts = json!({
        "schema_version": "2.0",
        "domain": "vision",
        "models": {
            plugin.id: {
                "sources": { "lcnnc": { "kind": "other", "citation": source } },
                "assertions": assertions,
                "model": {
                    "display_name": net.name,
                    "architecture": { "family": family, "description": head.join(" ") },
                    "parameter_count": parameters,
                    "parameter_count_exact": true,
                    "recurrent": is_recurrent,
                    "input_resolution": { "channels": channels, "height": height, "width": width },
                },
                "io": {
                    "modality": "image",
                    "output_format": format!("scores of {} classes", net.classes),
                },
            },
        },
    });
    if let Value::Object(own) = &mut facts["models"][plugin.id] {
        own.extend(groups);
    }
    // Texts, numbers and lists of them can always be written.
    serde_yaml::to_string(&facts).unwrap_or_default()
}
