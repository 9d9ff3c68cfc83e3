//! The sleep of networks without weight sharing (Pogodin et al., 2021): now and then the kernels of each module come to be
//! alike, as those of a convolution are.

pub(in crate::train) mod layer;
mod moments;
mod rule;
pub mod snr;

use super::{Phase, PhaseKind};
use crate::back::burn::{DeviceError, Model, read};
use crate::observe::{LayerSlept, Slept};
use burn::tensor::{DType, Element, Tensor, TensorData};
use layer::Layer;
use lcnnc_lang::front::settings::Settings;
use lcnnc_lang::ir::{Modules, Net};
use rule::{Rule, Stream};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use snr::Snr;
use std::collections::BTreeMap;
use std::time::Instant;

pub const SLEEP: PhaseKind = PhaseKind {
    name: "sleep",
    build: |net, settings| Some(Box::new(Sleep::new(net, settings)?)),
    absurd: |memory| match Memory::of(memory) {
        Ok(memory) => memory.absurd(),
        Err(reason) => Some(format!("`sleep` is no memory of one: {reason}")),
    },
};

/// Counts the steps of the optimizer, and lets the layers sleep after every so many of them.
struct Sleep {
    /// Steps from one sleep to the next.
    every: usize,
    rule: Rule,
    seed: u64,
    layers: Vec<Layer>,
    memory: Memory,
    /// The sleep that has just come, until it is told of.
    news: Option<Slept>,
}

/// What the phase remembers of the steps before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Memory {
    /// Steps that the optimizer has taken, over all epochs.
    steps: usize,
    /// Sleeps so far.
    sleeps: usize,
    /// Seconds spent asleep.
    seconds: f64,
}

impl Memory {
    fn of(memory: &Value) -> Result<Self, String> {
        Self::deserialize(memory).map_err(|error| error.to_string())
    }

    /// What no sleep could remember: the name of a value, the value and what was expected.
    fn absurd(&self) -> Option<String> {
        let Self { steps, sleeps, seconds } = *self;
        if sleeps > steps {
            return Some(format!("`sleep.sleeps` is {sleeps}, expected at most the {steps} steps"));
        }
        let is_time = seconds.is_finite() && seconds >= 0.0;
        (!is_time).then(|| format!("`sleep.seconds` is {seconds}, expected a time"))
    }
}

/// What to try after weights have diverged in a sleep with these settings.
pub fn mend(settings: &Settings) -> String {
    let rule = settings.sleep.call("rule").callee;
    let smaller = if rule == "circuit" { "`eta`, `alpha` or `dt`" } else { "`eta`" };
    format!("make {smaller} smaller in `rule: {rule}(…)` of the `sleep` block")
}

impl Sleep {
    /// The sleep that a recipe asks for, with nothing remembered; none if no layer is to change.
    fn new(net: &Net, settings: &Settings) -> Option<Self> {
        let sleep = &settings.sleep;
        let (every, modules) = (sleep.count("every"), Modules::named(sleep.word("modules")));
        let layers = net.local_layers_of(sleep.names("share")).into_iter();
        let layers: Vec<Layer> = layers
            .filter(|layer| net.param(layer.weight).trained())
            .map(|layer| Layer::new(net, layer, modules))
            .collect();
        if every == 0 || layers.is_empty() {
            return None;
        }
        let (rule, seed) = (Rule::new(sleep.call("rule")), settings.train.count("seed") as u64);
        Some(Self { every, rule, seed, layers, memory: Memory::default(), news: None })
    }

    /// The model after a sleep of all layers.
    fn sleep(&mut self, model: Model) -> Result<Model, DeviceError> {
        let started = Instant::now();
        let (mut slept, mut changed) = (Vec::with_capacity(self.layers.len()), model);
        for (number, layer) in self.layers.iter().enumerate() {
            let values = changed.values(layer.weight());
            let stream = Stream { seed: self.seed, sleep: self.memory.sleeps, layer: number };
            let (values, before, after) = match values.dtype() {
                DType::F64 => self.relaxed::<f64>(layer, values, stream)?,
                _ => self.relaxed::<f32>(layer, values, stream)?,
            };
            slept.push(LayerSlept { name: layer.name().to_owned(), before, after });
            changed = changed.with_values(layer.weight(), values);
        }
        let seconds = started.elapsed().as_secs_f64();
        self.memory.sleeps += 1;
        self.memory.seconds += seconds;
        self.news = Some(Slept { step: self.memory.steps, seconds, layers: slept });
        Ok(changed)
    }
}

/// The numbers of a tensor.
fn floats<W: Element>(values: Tensor<4>) -> Result<Vec<W>, DeviceError> {
    let weights = read(values)?.convert::<W>().try_into_vec();
    Ok(weights.unwrap_or_else(|error| unreachable!("numbers can be had as floats: {error:?}")))
}

/// How alike the kernels of each layer without weight sharing are, by the layer's name in the spec.
///
/// # Errors
/// If the device failed.
pub fn ratios(model: &Model, settings: &Settings) -> Result<BTreeMap<String, Snr>, DeviceError> {
    let (net, modules) = (model.net(), Modules::named(settings.sleep.word("modules")));
    let layers = net.local_layers().into_iter().map(|layer| Layer::new(net, layer, modules));
    layers
        .map(|layer| Ok((layer.name().to_owned(), layer.snr(&floats::<f32>(model.values(layer.weight()))?))))
        .collect()
}

impl Sleep {
    /// The weights of a layer after its sleep, and how alike its kernels were before and are then.
    fn relaxed<W: Element>(
        &self,
        layer: &Layer,
        values: Tensor<4>,
        stream: Stream,
    ) -> Result<(Tensor<4>, Snr, Snr), DeviceError> {
        let (shape, device, dtype) = (values.dims(), values.device(), values.dtype());
        let mut weights = floats::<W>(values)?;
        let [before, after] = self.rule.relax(layer, &mut weights, stream);
        let data = TensorData::new(weights, shape).convert_dtype(dtype);
        Ok((Tensor::from_data(data, (&device, dtype)), before, after))
    }
}

impl Phase for Sleep {
    fn after_step(&mut self, model: Model) -> Result<Model, DeviceError> {
        self.memory.steps += 1;
        if self.memory.steps.is_multiple_of(self.every) { self.sleep(model) } else { Ok(model) }
    }

    fn slept(&mut self) -> Option<Slept> {
        self.news.take()
    }

    fn seconds_asleep(&self) -> Option<f64> {
        Some(self.memory.seconds)
    }

    fn memory(&self) -> Option<Value> {
        Some(json!(self.memory))
    }

    fn remember(&mut self, memory: &Value) -> Result<(), String> {
        self.memory = Memory::of(memory)?;
        self.memory.absurd().map_or(Ok(()), Err)
    }
}
