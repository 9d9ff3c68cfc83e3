//! Facts that an exported Python file states and that the net in memory does not hold: the paper, the comments of the spec, the names of the
//! classes, and the settings of the training.

use super::layout::wrapped;
use crate::front::settings::Settings;
use crate::ir::Net;
use std::collections::BTreeMap;

/// Facts about a net that an exported Python file states and that [`Net`] does not hold.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// The lines at the head of the spec.
    pub head: Vec<String>,
    /// The comment lines that stand above a statement in the spec, by the path of the statement in the net.
    pub above: BTreeMap<String, Vec<String>>,
    /// The comment that stands behind the declaration of a module in the spec, by the path of the module in the net.
    pub behind: BTreeMap<String, String>,
    /// The settings of the training; none for a file without what they bring.
    pub settings: Option<Settings>,
    /// The names of the classes, where a data set says them.
    pub classes: Vec<String>,
    /// The name of the module that the file is, and of the file of weights beside it.
    pub file: Option<(String, Option<String>)>,
    /// The spec or the run that the exported file was made from, in words for the head of the file.
    pub origin: String,
}

impl About {
    /// The text at the head of the file.
    pub(super) fn docstring(&self, net: &Net, class: &str) -> String {
        let paragraphs = self.head.split(|line| line.trim().is_empty()).filter(|lines| !lines.is_empty());
        let mut lines: Vec<String> = Vec::new();
        for paragraph in paragraphs {
            if !lines.is_empty() {
                lines.push(String::new());
            }
            lines.extend(wrapped(&paragraph.join(" "), 84));
        }
        if lines.iter().all(String::is_empty) {
            lines = vec![format!("{}.", net.name)];
        }
        if !self.origin.is_empty() {
            lines.push(String::new());
            lines.extend(wrapped(&format!("Written by lcnnc {} from {}.", env!("CARGO_PKG_VERSION"), self.origin), 84));
        }
        if let Some((module, weights)) = &self.file {
            lines.push(String::new());
            match weights {
                Some(weights) => {
                    lines.push(format!("    from {module} import {class}"));
                    lines.push("    from safetensors.torch import load_file".to_owned());
                    lines.push(String::new());
                    lines.push(format!("    net = {class}()"));
                    lines.push(format!("    net.load_state_dict(load_file(\"{weights}\"))"));
                    lines.push("    net.eval()".to_owned());
                }
                None => lines.extend(wrapped(
                    "Weights are random: each starts from the distribution that the spec gives it, by PyTorch's own random \
                     numbers.",
                    84,
                )),
            }
        }
        let text = lines.join("\n").replace('\\', "\\\\").replace("\"\"\"", "'''");
        let text = text.trim();
        let end = if text.contains('\n') || text.ends_with('"') { "\n" } else { "" };
        format!("\"\"\"{text}{end}\"\"\"\n\n")
    }
}
