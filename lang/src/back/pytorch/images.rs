//! What is done to pictures before the net sees them.

use super::layout::{Lines, number};
use crate::front::settings::Settings;
use crate::vocabulary::{Bound, transforms};

/// A function that makes of pictures what the net is tested on; none without transforms.
pub fn preprocess(settings: &Settings) -> Option<String> {
    let calls = settings.test_transforms();
    if calls.is_empty() {
        return None;
    }
    let mut lines = Lines::default();
    lines.line("def preprocess(images: torch.Tensor) -> torch.Tensor:");
    lines.depth = 1;
    lines.line("\"\"\"Pictures [B, C, H, W], pixels from 0 to 1, as the net is tested on them.\"\"\"");
    if calls.iter().all(|call| step(call, &mut lines)) {
        lines.line("return images");
    }
    Some(lines.text())
}

/// Writes a transform; gives whether the function goes on behind it.
fn step(call: &Bound, lines: &mut Lines) -> bool {
    match call.callee {
        "grayscale" => {
            lines.line("if images.shape[1] == 3:  # grayscale");
            lines.depth += 1;
            lines.line("red, green, blue = images.split(1, 1)");
            lines.line("images = 0.299 * red + 0.587 * green + 0.114 * blue");
            lines.depth -= 1;
        }
        "colour" => {
            lines.line("if images.shape[1] == 1:  # colour");
            lines.depth += 1;
            lines.line("images = images.repeat(1, 3, 1, 1)");
            lines.depth -= 1;
        }
        "resize" => {
            let size = call.count("size");
            let short = call.maybe_word("side") == Some("short");
            if short {
                lines.line("height, width = images.shape[2:]");
                lines.line("short = min(height, width)");
                lines.line(&format!("size = ({size} * height // short, {size} * width // short)"));
            } else {
                lines.line(&format!("size = ({size}, {size})"));
            }
            lines.line("images = F.interpolate(images, size, mode=\"bilinear\", antialias=True)");
        }
        "centre_crop" => {
            let size = call.count("size");
            lines.line(&format!("top, left = (round((side - {size}) / 2) for side in images.shape[2:])"));
            lines.line(&format!("images = images[:, :, top : top + {size}, left : left + {size}]"));
        }
        "normalise" => {
            let [mean, sd] = ["mean", "sd"].map(|name| transforms::numbers(call, name));
            let (Some(mean), Some(sd)) = (mean, sd) else {
                lines.comment(
                    "The spec takes mean and deviation from the training images; the export of a run has them.",
                );
                lines.line("raise NotImplementedError(\"normalise by the training images\")");
                return false;
            };
            for (name, values) in [("mean", mean), ("sd", sd)] {
                let values: Vec<String> = values.iter().map(|x| number(*x)).collect();
                lines.nested(&format!("{name} = images.new_tensor"), &values);
            }
            lines.line("images = (images - mean[:, None, None]) / sd[:, None, None]");
        }
        // The tests walk all transforms, so that none comes here.
        other => {
            lines.line(&format!("raise NotImplementedError(\"{other}\")"));
            return false;
        }
    }
    true
}
