//! What is done to pictures before the net sees them, as nodes in front of the net.

use super::NoGraph;
use super::graph::Writer;
use super::parts::{BATCH, floats, info, int, ints, word};
use super::proto::{Dimension, FLOAT, INT64, ValueInfoProto};
use crate::data::transform::LUMA;
use lcnnc_lang::ir::Value;
use lcnnc_lang::vocabulary::{Bound, transforms};

/// The name of the input that takes pictures.
const PICTURES: &str = "pictures";

impl Writer<'_> {
    /// Appends transforms of pictures `[B, C, H, W]` with pixels from 0 to 1, which become what the net takes; gives the input.
    pub fn pictures(&mut self, calls: &[Bound]) -> Result<ValueInfoProto, NoGraph> {
        let pictures = self.fresh(PICTURES);
        let mut tensor = pictures.clone();
        for call in calls {
            tensor = self.transformed(call, &tensor)?;
        }
        let image = self.net.input.0.clone();
        self.named("Identity", &[&tensor], Vec::new(), &image);
        self.tensors[Value::INPUT.0] = image;
        let dims = [BATCH, "channels", "height", "width"].map(|name| Dimension::Param(name.to_owned()));
        Ok(info(&pictures, FLOAT, dims.to_vec()))
    }

    fn transformed(&mut self, call: &Bound, x: &str) -> Result<String, NoGraph> {
        match call.callee {
            "colour" => Ok(self.three_channels(x, "colour")),
            "grayscale" => {
                // One channel is three equal ones, whose luma it is.
                let three = self.three_channels(x, "grayscale.three");
                let luma = self.channels("luma", &LUMA.map(f64::from));
                let parts = self.add("Mul", &[&three, &luma], Vec::new(), "grayscale.parts");
                let axes = self.wholes(&[1]);
                Ok(self.add("ReduceSum", &[&parts, &axes], vec![int("keepdims", 1)], "grayscale"))
            }
            "resize" => Ok(self.resized(call, x)),
            "centre_crop" => Ok(self.cropped(call.count("size"), x)),
            "normalise" => {
                let [mean, sd] = ["mean", "sd"].map(|name| transforms::numbers(call, name));
                let (Some(mean), Some(sd)) = (mean, sd) else { return Err(NoGraph::Unmeasured) };
                let [mean, sd] = [("mean", mean), ("sd", sd)].map(|(name, numbers)| self.channels(name, &numbers));
                let shifted = self.add("Sub", &[x, &mean], Vec::new(), "normalise.shifted");
                Ok(self.add("Div", &[&shifted, &sd], Vec::new(), "normalise"))
            }
            other => Err(NoGraph::Transform(other.to_owned())),
        }
    }

    fn three_channels(&mut self, x: &str, title: &str) -> String {
        let shape = self.wholes(&[1, 3, 1, 1]);
        self.add("Expand", &[x, &shape], Vec::new(), title)
    }

    /// Numbers of channels, each for a whole plane; of several transforms each has its own.
    fn channels(&mut self, name: &str, numbers: &[f64]) -> String {
        let numbers: Vec<f32> = numbers.iter().map(|x| *x as f32).collect();
        let dims = [numbers.len(), 1, 1];
        self.constant(&format!("{name} {numbers:?}"), |name| floats(name, &dims, numbers.iter().copied()))
    }

    /// Height and width of what a tensor holds.
    fn sides(&mut self, x: &str, title: &str) -> String {
        self.add("Shape", &[x], vec![int("start", 2), int("end", 4)], title)
    }

    fn resized(&mut self, call: &Bound, x: &str) -> String {
        let size = call.count("size");
        let sizes = if call.maybe_word("side") == Some("short") {
            let sides = self.sides(x, "resize.sides");
            let short = self.add("ReduceMin", &[&sides], vec![int("keepdims", 1)], "resize.short");
            let size = self.wholes(&[size as i64]);
            let larger = self.add("Mul", &[&sides, &size], Vec::new(), "resize.larger");
            self.add("Div", &[&larger, &short], Vec::new(), "resize.sizes")
        } else {
            self.wholes(&[size as i64; 2])
        };
        let more = vec![
            word("mode", "linear"),
            word("coordinate_transformation_mode", "half_pixel"),
            int("antialias", 1),
            int("exclude_outside", 1),
            ints("axes", &[2, 3]),
        ];
        self.add("Resize", &[x, "", "", &sizes], more, "resize")
    }

    /// A square out of the middle; half a pixel goes to the even side.
    fn cropped(&mut self, size: usize, x: &str) -> String {
        let sides = self.sides(x, "centre_crop.sides");
        let size = self.wholes(&[size as i64]);
        let rest = self.add("Sub", &[&sides, &size], Vec::new(), "centre_crop.rest");
        let rest = self.add("Cast", &[&rest], vec![int("to", FLOAT as usize)], "centre_crop.pixels");
        let half = self.number(0.5);
        let before = self.add("Mul", &[&rest, &half], Vec::new(), "centre_crop.half");
        let before = self.add("Round", &[&before], Vec::new(), "centre_crop.whole");
        let start = self.add("Cast", &[&before], vec![int("to", INT64 as usize)], "centre_crop.start");
        let end = self.add("Add", &[&start, &size], Vec::new(), "centre_crop.end");
        let axes = self.wholes(&[2, 3]);
        self.add("Slice", &[x, &start, &end, &axes], Vec::new(), "centre_crop")
    }
}
