//! Fused parts against the same net primitive by primitive, in single and in double precision: scores, cross-entropy and
//! every gradient.

mod batches;
mod cut;
pub mod finite;
#[cfg(feature = "wgpu")]
mod gpu;
mod nets;
mod penalties;
mod pictures;
mod sound;
mod specs;
mod ways;
mod zeros;

use burn::tensor::{Device, Tensor, TensorData};
use lcnnc::back::burn::{Answers, Forward, Judgement, Model, Precision};
use lcnnc_kernels::Vectors;
use lcnnc_lang::ir::Net;
use lcnnc_lang::{Options, Source};
use std::sync::Arc;

/// What one step of training sees.
struct Outcome {
    scores: Vec<f64>,
    /// The scores of the same images after the step, when the running statistics have taken the batch in.
    answers: Vec<f64>,
    loss: f64,
    penalties: Vec<f64>,
    /// By parameter.
    gradients: Vec<(String, Vec<f64>)>,
}

fn compiled(text: &str, set: &[(&str, &str)]) -> Net {
    let set = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let source = Source { name: "test.lcnn".to_owned(), text: text.to_owned() };
    let compiled = lcnnc_lang::compile(&source, &Options { set, classes: Some(4) });
    compiled.net.unwrap_or_else(|| panic!("{text}\n{}", compiled.report))
}

/// Numbers without pattern between -1 and 1, the same every time.
fn numbers(len: usize, salt: usize) -> Vec<f64> {
    (0..len).map(|n| ((n * 7919 + salt * 104_729 + 13) as f64 * 0.618_033_988_749_895).fract() * 2.0 - 1.0).collect()
}

/// How a net is run.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Double,
    Single,
    Fused(Vectors),
    /// On the first GPU there is, fused or not.
    #[cfg(feature = "wgpu")]
    Gpu {
        fused: bool,
    },
}

impl Way {
    fn device(self) -> Device {
        match self {
            #[cfg(feature = "wgpu")]
            Way::Gpu { .. } => lcnnc::back::burn::DeviceChoice::Wgpu.open().unwrap().device,
            Way::Double | Way::Single | Way::Fused(_) => Device::flex(),
        }
    }

    fn dress(self, model: Model) -> Model {
        match self {
            #[cfg(feature = "wgpu")]
            Way::Gpu { fused: true } => model.fused(),
            Way::Fused(vectors) => model.fused_with(vectors),
            _ => model,
        }
    }
}

/// One training step's numbers, by way of [`Model::judge`].
fn outcome(net: &Net, way: Way, images: usize) -> Outcome {
    let device = way.device().autodiff();
    let precision = if way == Way::Double { Precision::Double } else { Precision::Single };
    let model = way.dress(Model::new(Arc::new(net.clone()), 7, &device, precision));
    let [c, h, w] = net.input.1;
    // Pixels are between 0 and 1.
    let pixels: Vec<f64> = numbers(images * c * h * w, 5).into_iter().map(|x| (x + 1.0) / 2.0).collect();
    let data = TensorData::new(pixels, [images, c, h, w]);
    let data = Tensor::from_data(data, (&device, precision.dtype()));
    let labels: Vec<usize> = (0..images).map(|n| (n * n + 1) % net.classes).collect();
    let answers = Answers { labels: &labels, smoothing: (images % 3) as f32 / 8.0 };
    let mut judgement = model.judge(data.clone(), answers, 3);
    let gradients = judgement.gradients(&model, 1.0).unwrap();
    let Judgement { forward, cross_entropy: loss, statistics, .. } = judgement;
    let numbers = |forward: &Forward| -> Vec<f64> {
        forward.steps.iter().flat_map(|step| step.to_data().iter::<f64>().collect::<Vec<f64>>()).collect()
    };
    let scores = numbers(&forward);
    let penalties = forward.penalties.iter().flat_map(|penalty| penalty.to_data().iter::<f64>().collect::<Vec<f64>>());
    let penalties = penalties.collect();
    let gradients = model.gradients(&gradients).unwrap().into_iter();
    let gradients = gradients.map(|weight| (weight.name, weight.values)).collect();
    let answers = numbers(&model.absorb(statistics).forward(data));
    Outcome { scores, answers, loss: loss.to_data().iter::<f64>().next().unwrap(), penalties, gradients }
}

/// The largest difference of two lists over the largest number of the second.
fn apart(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(1e-30f64, |largest, x| largest.max(x.abs()));
    found.iter().zip(expected).fold(0.0f64, |worst, (a, b)| worst.max((a - b).abs())) / largest
}

/// How far a way is from double precision: scores, and gradients over the largest gradient of all.
fn distance(net: &Net, way: Way, images: usize) -> [f64; 2] {
    let (found, expected) = (outcome(net, way, images), outcome(net, Way::Double, images));
    let names = |outcome: &Outcome| outcome.gradients.iter().map(|(name, _)| name.clone()).collect::<Vec<String>>();
    assert_eq!(names(&found), names(&expected));
    assert!(found.loss.is_finite());
    let all = |outcome: &Outcome| outcome.gradients.iter().flat_map(|(_, values)| values.clone()).collect::<Vec<f64>>();
    let scores = apart(&found.scores, &expected.scores).max(apart(&found.answers, &expected.answers));
    let scores = scores.max(apart(&[found.loss], &[expected.loss]));
    [scores, apart(&all(&found), &all(&expected))]
}

/// Is any part of the net fused?
fn fuses(net: &Net) -> bool {
    use lcnnc::fuse::cut::{Cut, Part};
    use lcnnc::fuse::lower::Processor;
    fn any(parts: &[Part]) -> bool {
        parts.iter().any(|part| match part {
            Part::Fused(_) => true,
            Part::Loop { body, .. } => any(body),
            Part::Node { .. } => false,
        })
    }
    any(&Cut::of(net, Processor::Cpu).parts)
}
