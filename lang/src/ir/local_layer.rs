//! Layers without weight sharing, and the modules of places whose kernels a sleep makes alike.

use super::flow::shapes;
use super::{Net, Op, Padding, ParamId, Shape};
use crate::vocabulary::Bound;

/// A convolution without weight sharing, as a sleep sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalLayer {
    /// The kernels, `[height, width, outputs, inputs, kernel, kernel]`.
    pub weight: ParamId,
    pub inputs: usize,
    pub outputs: usize,
    /// Height, and width, of a kernel in pixels.
    pub kernel: usize,
    /// Pixels from one window to the next, on both axes.
    pub stride: usize,
    /// Zeros around each side of the input, in pixels.
    pub pad: usize,
    /// Height and width of the input.
    pub from: [usize; 2],
    /// Height and width of the result: the places.
    pub to: [usize; 2],
}

/// The places that share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modules {
    /// Those that see the same input where the input repeats with the width of a kernel share (Pogodin et al., 2021, section 4).
    Grid,
    /// All places share.
    Whole,
}

impl Modules {
    /// The way of that word in a spec.
    pub fn named(word: &str) -> Self {
        if word == Modules::Whole.word() { Modules::Whole } else { Modules::Grid }
    }

    /// The word for that way.
    pub fn word(self) -> &'static str {
        match self {
            Modules::Grid => "grid",
            Modules::Whole => "whole",
        }
    }
}

impl LocalLayer {
    /// Weights of one place.
    pub fn kernel_len(&self) -> usize {
        self.outputs * self.taps()
    }

    /// Weights of one place and one output.
    pub fn taps(&self) -> usize {
        self.inputs * self.kernel * self.kernel
    }

    pub fn places(&self) -> usize {
        self.to[0] * self.to[1]
    }

    /// The multiply-adds of one sleep of the layer by a rule with all its arguments. Means are sums alone, and cost none.
    pub fn multiply_adds_of_sleep(&self, rule: &Bound) -> u128 {
        let [places, outputs, taps] = [self.places(), self.outputs, self.taps()].map(|n| n as u128);
        let count = |name: &str| rule.count(name) as u128;
        match rule.callee {
            // All steps are one matrix, which is made once for the layer, and by which each kernel is multiplied.
            "hebbian" if rule.real("noise") == 0.0 => {
                let patterns = count("iterations").saturating_mul(count("patterns"));
                (2 * taps * taps).saturating_mul(patterns).saturating_add(places * outputs * taps * taps)
            }
            "hebbian" => {
                let patterns = count("iterations").saturating_mul(count("patterns"));
                (2 * places * outputs * taps).saturating_mul(patterns)
            }
            "circuit" => {
                // Three products with a pattern and two updates of the weights, and five for the rate of a neuron at each moment.
                let moments = (rule.real("present") / rule.real("dt")).round().max(1.0) as u128;
                let pattern = (5 * places * outputs).saturating_mul(taps.saturating_add(moments));
                pattern.saturating_mul(count("iterations"))
            }
            _ => 0,
        }
    }

    /// Places from one of a module to the next, on both axes: after so many the stride has come to a multiple of the kernel.
    pub fn period(&self, modules: Modules) -> usize {
        match modules {
            Modules::Grid => self.kernel / gcd(self.kernel, self.stride),
            Modules::Whole => 1,
        }
    }

    /// The places of each module, row by row. Modules come in the order of their first places.
    pub fn modules(&self, modules: Modules) -> Vec<Vec<usize>> {
        let [height, width] = self.to;
        let period = self.period(modules);
        let (down, across) = (period.min(height), period.min(width));
        let module = |(row, column): (usize, usize)| {
            let rows = (row..height).step_by(period);
            rows.flat_map(move |row| (column..width).step_by(period).map(move |column| row * width + column)).collect()
        };
        (0..down).flat_map(|row| (0..across).map(move |column| (row, column))).map(module).collect()
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl Net {
    /// Every layer without weight sharing, those of loops among them, in the order of their parameters. Kernels that several
    /// layers share count once, as those of the first; where each step of a loop has kernels of its own, each counts.
    pub fn local_layers(&self) -> Vec<LocalLayer> {
        let shapes = shapes(self);
        let mut layers: Vec<LocalLayer> = Vec::new();
        for node in self.nodes() {
            let Op::Local { x, weight, stride, padding, .. } = node.op else { continue };
            let Shape::Map([inputs, from @ ..]) = shapes[x.0] else { continue };
            for weight in self.versions(weight) {
                let &[height, width, outputs, _, kernel, _] = self.param(weight).shape.as_slice() else { continue };
                let pad = if padding == Padding::Same { padding.pixels(kernel) } else { 0 };
                let layer = LocalLayer { weight, inputs, outputs, kernel, stride, pad, from, to: [height, width] };
                if layers.iter().all(|other| other.weight != weight) {
                    layers.push(layer);
                }
            }
        }
        layers.sort_by_key(|layer| layer.weight);
        layers
    }

    /// The layers without weight sharing that these names of the spec stand for, themselves and all below them; all of them for
    /// no names.
    pub fn local_layers_of(&self, names: &[String]) -> Vec<LocalLayer> {
        let is_of = |layer: &LocalLayer| {
            let path = &self.param(layer.weight).name;
            names.is_empty() || names.iter().any(|name| is_below(path, name))
        };
        self.local_layers().into_iter().filter(is_of).collect()
    }
}

/// Whether a parameter's dotted path begins with this name.
fn is_below(path: &str, name: &str) -> bool {
    path.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'))
}
