//! A folder that Brain-Score takes as a plug-in: the net as PyTorch has it, the values that stand for regions of the cortex, and when
//! after the image each step of a loop is.

mod areas;
mod code;
mod history;
mod metadata;

pub use areas::{Area, Mapping, REGIONS, mapped};
pub use history::{Base, History, Training};

use lcnnc_lang::back::pytorch::{self, About};
use lcnnc_lang::diag::counted;
use lcnnc_lang::ir::{Net, cost};
use lcnnc_lang::vocabulary::real;
use sha1::{Digest, Sha1};

/// The largest file of weights that a plug-in brings along, in bytes.
pub const LARGEST: usize = 5_000_000;

/// The classes that Brain-Score's benchmarks of behaviour ask for: those of ImageNet.
const CLASSES: usize = 1000;

/// How many images the estimate of memory is for.
const IMAGES: u128 = 1000;

/// What a plug-in is made of.
pub struct Plugin<'a> {
    /// The name of the model, which is that of the folder as well.
    pub id: &'a str,
    pub net: &'a Net,
    pub about: &'a About,
    pub mapping: &'a Mapping,
    /// How long a step of a loop lasts, in milliseconds.
    pub ms_per_step: f64,
    /// The weights, as a file.
    pub weights: &'a [u8],
    /// What the weights went through.
    pub history: &'a History,
}

impl Plugin<'_> {
    /// The files of the folder: their names and what they hold.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let about = About { file: Some(("net".to_owned(), Some("net.safetensors".to_owned()))), ..self.about.clone() };
        let net = pytorch::emit(self.net, &about);
        let model = code::model(self, net.contains("\ndef preprocess("));
        let texts = [
            ("__init__.py", code::init(self)),
            ("metadata.yaml", metadata::text(self)),
            ("model.py", model),
            ("net.py", net),
            ("requirements.txt", "numpy\npillow\nsafetensors\ntorch\n".to_owned()),
            ("test.py", code::test(self)),
        ];
        let map = (format!("region_layer_map/{}.json", self.id), metadata::map(self).into_bytes());
        let mut files: Vec<(String, Vec<u8>)> =
            texts.into_iter().map(|(name, text)| (name.to_owned(), text.into_bytes())).chain([map]).collect();
        if self.brings_weights() {
            files.push(("net.safetensors".to_owned(), self.weights.to_vec()));
        }
        files
    }

    /// Whether the weights lie in the folder.
    pub fn brings_weights(&self) -> bool {
        self.weights.len() < LARGEST
    }

    /// Whether a region changes from step to step.
    fn is_in_time(&self) -> bool {
        self.mapping.areas.iter().any(Area::is_in_a_loop)
    }

    /// The layers of a region as Brain-Score calls them: one for each step.
    fn layers(&self, area: &Area) -> Vec<String> {
        match self.is_in_time() {
            true => area.calls().map(|call| format!("{}-t{call}", area.layer())).collect(),
            false => vec![area.layer()],
        }
    }

    fn sha1(&self) -> String {
        Sha1::digest(self.weights).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A line for each region: what stands for it, and when.
    pub fn lines(&self) -> Vec<String> {
        let line = |area: &Area| {
            let layers = self.layers(area);
            let [first, last] = [layers.first(), layers.last()].map(|layer| layer.map_or("", String::as_str));
            let which = if layers.len() == 1 { first.to_owned() } else { format!("{first} to {last}") };
            let calls = area.calls();
            let ms = |call: usize| real(area.place.step(call) as f64 * self.ms_per_step);
            let when = match area.is_in_a_loop() {
                true => format!(", {} to {} ms after the image", ms(calls.start), ms(calls.end)),
                false => String::new(),
            };
            format!("{}: {} as {which}{when}", area.region, area.place.name)
        };
        self.mapping.areas.iter().map(line).collect()
    }

    /// What may go wrong on Brain-Score.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = self.mapping.warnings.clone();
        if self.net.classes != CLASSES {
            warnings.push(format!(
                "the net has {}, and benchmarks of behaviour ask for the {CLASSES} of ImageNet: they will fail, those of regions \
                 will not",
                counted(self.net.classes, "class")
            ));
        }
        warnings.extend(code::unfit(self));
        if !self.brings_weights() {
            warnings.push(format!(
                "the weights are {}, and a plug-in may bring less than {}: they lie beside the folder; upload them to Brain-Score, and write \
                 the place that they have there into model.py",
                cost::bytes(self.weights.len() as u128),
                cost::bytes(LARGEST as u128)
            ));
        }
        warnings
    }

    /// How much the activity takes that a benchmark holds at once: that of the largest region.
    pub fn memory(&self) -> String {
        let bytes = |area: &Area| area.place.shape.len() as u128 * self.layers(area).len() as u128 * 4;
        let largest = self.mapping.areas.iter().max_by_key(|area| bytes(area));
        largest.map_or(String::new(), |area| {
            let units = counted(area.place.shape.len(), "unit");
            let steps = counted(self.layers(area).len(), "step");
            let all = cost::bytes(bytes(area) * IMAGES);
            format!("memory: {units} at {steps} of {}, {all} for {IMAGES} images", area.region)
        })
    }
}
