//! The net as a Burn module: runs, trains and remembers on whatever device Burn reaches.
//!
//! The interpreter walks the net's body. Every value is a tensor of rank 4: feature maps `[B, C, H, W]`, vectors
//! `[B, N, 1, 1]`, numbers `[1, 1, 1, 1]`. Parameters are kept that way too, see `held`. Loops are unrolled by running
//! their body `steps` times, so a shared weight's gradient is the sum over the steps.

#[cfg(feature = "gpu")]
mod cubecl;
#[cfg(feature = "cuda")]
#[expect(unsafe_code, reason = "the driver and NVRTC are asked for their versions through C")]
mod cuda;
mod device;
mod fused;
mod gabor;
mod gradients;
mod init;
mod judge;
mod list;
#[cfg(feature = "gpu")]
mod local;
mod loss;
mod module;
mod non_finite;
mod on_weights;
mod ops;
mod pictures;
mod plan;
mod readback;
mod record;
mod run;
pub mod update;
mod watch;
mod weights;

pub use device::{DeviceChoice, DeviceError, Opened};
pub use gradients::Gradients;
pub use lcnnc_kernels::Answers;
pub use loss::loss;
pub use non_finite::{NonFinite, Operand, Place};
pub use readback::{numbers, read, read_all};
pub use weights::{Weight, WeightProblem, WeightsError};

use crate::fuse::cut::Cut;
use crate::fuse::lower::Processor;
use burn::module::{Module, Param, ParamId};
use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use lcnnc_kernels::Vectors;
use lcnnc_lang::ir::{self, Net};
use plan::{Fused, Plan};
use record::Record;
use run::Run;
use std::fmt;
use std::sync::Arc;

/// The width of every number of a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// 32 bits, for training.
    #[default]
    Single,
    /// 32 bits, but the factors of convolutions and dense layers have 16 (bfloat16): for devices whose matrix units do
    /// (Micikevicius et al., 2018, "Mixed Precision Training").
    Mixed,
    /// 64 bits, for checking gradients.
    Double,
}

impl Precision {
    /// Of everything that is kept.
    pub fn dtype(self) -> DType {
        match self {
            Precision::Single | Precision::Mixed => DType::F32,
            Precision::Double => DType::F64,
        }
    }

    /// Of what convolutions and dense layers multiply.
    pub fn factor(self) -> DType {
        match self {
            Precision::Mixed => DType::BF16,
            Precision::Single | Precision::Double => self.dtype(),
        }
    }
}

/// A net with weights on a device.
///
/// As a Burn module its records name each parameter as the net does (`W_L.weight`), and a parameter's id is its place in
/// the net, so an optimizer's record fits a model that is built anew from the same spec.
#[derive(Clone)]
pub struct Model {
    net: Arc<Net>,
    plan: Arc<Plan>,
    /// The plan with fused parts, where it is to be used.
    fused: Option<Arc<Plan>>,
    params: Vec<Param<Tensor<4>>>,
    precision: Precision,
}

/// What one run of a net gives.
#[derive(Debug)]
pub struct Forward {
    /// One score a class, `[B, classes]`, at each step that the loss is the mean of; the last one is the answer.
    pub steps: Vec<Tensor<2>>,
    /// In the net's order, one number each: `[1]`.
    pub penalties: Vec<Tensor<1>>,
}

impl Forward {
    /// The scores that name the class, `[B, classes]`: those of the last step.
    pub fn logits(&self) -> Tensor<2> {
        self.steps.last().cloned().unwrap_or_else(|| unreachable!("a net has an output"))
    }

    /// The mean cross-entropy of the batch, in nats, over every step that the output names: `[1]`. `labels` is `[B]`.
    pub fn cross_entropy(&self, labels: Tensor<1, Int>) -> Tensor<1> {
        self.smoothed(labels, 0.0)
    }

    /// The mean cross-entropy, as [`Forward::cross_entropy`] gives it, with a share of each label spread over all classes:
    /// see [`loss`].
    pub fn smoothed(&self, labels: Tensor<1, Int>, smoothing: f64) -> Tensor<1> {
        let each = self.steps.iter().map(|logits| loss(logits.clone(), labels.clone(), smoothing));
        let sum = each.reduce(|sum, loss| sum + loss).unwrap_or_else(|| unreachable!("a net has an output"));
        if self.steps.len() == 1 { sum } else { sum * (self.steps.len() as f64).recip() }
    }

    /// What training makes small: the loss `[1]` and all penalties.
    pub fn total(&self, loss: Tensor<1>) -> Tensor<1> {
        self.penalties.iter().fold(loss, |sum, penalty| sum + penalty.clone())
    }
}

/// A batch as it was judged in training.
#[derive(Debug)]
pub struct Judgement {
    pub forward: Forward,
    /// The mean cross-entropy of the batch, `[1]`, in nats.
    pub cross_entropy: Tensor<1>,
    pub statistics: Statistics,
    /// The gradients of the cross-entropy by parameter, where they are known already.
    known: Option<Vec<(usize, Tensor<4>)>>,
}

impl Judgement {
    /// What training makes small, `[1]`: the cross-entropy and all penalties.
    pub fn total(&self) -> Tensor<1> {
        self.forward.total(self.cross_entropy.clone())
    }

    /// The gradients of so much of the total, by the parameters of the model that was judged; none where nothing that it depends on
    /// is trained.
    pub fn gradients(&mut self, model: &Model, share: f64) -> Option<Gradients> {
        let scaled = |x: Tensor<1>| if share == 1.0 { x } else { x * share };
        let Some(known) = self.known.take() else {
            let total = self.total();
            // Where all that it depends on is frozen, there is nothing to go back through, and Burn panics.
            return total.is_tracked().then(|| model.backward(scaled(total)));
        };
        let penalties = self.forward.penalties.iter().cloned().reduce(|sum, penalty| sum + penalty);
        let penalties = penalties.filter(Tensor::is_tracked);
        if known.is_empty() && penalties.is_none() {
            return None;
        }
        // Burn lets go of what it has noted of parameters and scores on a way back alone, so there is one from nothing, too.
        let nothing = || Tensor::<1>::zeros([1], &self.cross_entropy.device()).require_grad();
        let mut gradients = model.backward(penalties.map_or_else(nothing, scaled));
        for (index, gradient) in known {
            gradients.add(index, if share == 1.0 { gradient } else { gradient * share });
        }
        Some(gradients)
    }
}

/// The initial values of a parameter in a model of that seed, in double precision.
pub fn initial(net: &Net, seed: u64, id: ir::ParamId) -> Vec<f64> {
    init::values(net.param(id), seed, id.0, DType::F64).iter::<f64>().collect()
}

/// Running statistics after a training run, for [`Model::absorb`]; empty for a net without batch normalisation.
#[derive(Debug)]
pub struct Statistics(Vec<(usize, Tensor<4>)>);

impl Model {
    /// A model with fresh weights: the same seed gives the same weights on every device and in every order of
    /// construction, because each parameter draws from a ChaCha8 stream of its own, on the host, in double precision.
    ///
    /// On a device with autodiff the trained parameters require gradients; running statistics never do.
    pub fn new(net: Arc<Net>, seed: u64, device: &Device, precision: Precision) -> Self {
        let plan = Arc::new(Plan::of(&net, Cut::none(&net), Vectors::default(), false));
        let params = net.params.iter().enumerate().map(|(index, param)| {
            let data = init::values(param, seed, index, precision.dtype());
            let tensor = Tensor::from_data(data, (device, precision.dtype()));
            Param::initialized(id(index), tensor).set_require_grad(param.trained())
        });
        let params = params.collect();
        Self { net, plan, fused: None, params, precision }
    }

    /// The model with every part fused that can be: same numbers but for rounding, several times as fast. Kernels
    /// sum in 32 bits; in double precision nothing is fused.
    pub fn fused(self) -> Self {
        self.fused_with(Vectors::default())
    }

    /// The model as [`Model::fused`] gives it, with kernels for vectors of one kind.
    pub fn fused_with(mut self, vectors: Vectors) -> Self {
        if self.precision != Precision::Double {
            let bf16 = self.precision == Precision::Mixed;
            let cut = Cut::of(&self.net, self.processor());
            self.fused = Some(Arc::new(Plan::of(&self.net, cut, vectors, bf16)));
        }
        self
    }

    /// What runs the model, by the device that its weights are on.
    fn processor(&self) -> Processor {
        match self.params.first().map(|param| param.val().device()) {
            Some(device) if device != Device::flex() => Processor::Gpu,
            Some(_) | None => Processor::Cpu,
        }
    }

    pub fn net(&self) -> &Arc<Net> {
        &self.net
    }

    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Runs the net as it is used after training: no dropout, running statistics instead of the batch's.
    ///
    /// `images` is `[B, C, H, W]` of the net's input shape, in the model's precision and on its device.
    ///
    /// # Panics
    /// Like every run, if the images have another shape, or if the device fails.
    pub fn forward(&self, images: Tensor<4>) -> Forward {
        Run::new(self, images.device()).run(images)
    }

    /// Runs the net as it is trained: dropout on, batch normalisation by the batch's own statistics.
    ///
    /// The dropped entries depend on `noise` alone, the same on every device: give each training step a number of its
    /// own. The running statistics are returned, not stored, because the optimizer takes the model before they count:
    /// hand them to [`Model::absorb`]. Inside a loop they are updated at every step in turn.
    ///
    /// A channel of a single number (one image of one pixel) has no unbiased variance; its running variance takes in 0.
    pub fn forward_training(&self, images: Tensor<4>, noise: u64) -> (Forward, Statistics) {
        Run::training(self, images.device(), noise).run_training(images)
    }

    /// Runs the net as [`Model::forward_training`] does, and judges its answers.
    ///
    /// Where one fused part makes the scores, its backward pass runs along, and neither scores nor cross-entropy can be gone back
    /// through: [`Judgement::gradients`] has the gradients.
    pub fn judge(&self, images: Tensor<4>, answers: Answers<'_>, noise: u64) -> Judgement {
        let device = images.device();
        if let Some(whole) = self.fused.as_ref().and_then(|plan| plan.whole(&self.net)) {
            return Run::training(self, device, noise).run_judged(whole, images, answers);
        }
        let (forward, statistics) = Run::training(self, device.clone(), noise).run_training(images);
        let labels: Vec<i64> = answers.labels.iter().map(|label| *label as i64).collect();
        let count = labels.len();
        let labels = Tensor::from_data(TensorData::new(labels, [count]), &device);
        let cross_entropy = forward.smoothed(labels, f64::from(answers.smoothing));
        Judgement { forward, cross_entropy, statistics, known: None }
    }

    /// [`Model::forward`], and beside it every named value in order of execution: those of a loop's body once a step,
    /// and a loop's states once more before its first step, by the state's name. `[B, C, H, W]` or `[B, N, 1, 1]`.
    pub fn trace(&self, images: Tensor<4>) -> (Forward, Vec<(String, Tensor<4>)>) {
        Run::new(self, images.device()).run_recorded(images, Record::default())
    }

    /// [`Model::forward`] by plain primitives, and beside it those values of [`Net::traced`](ir::Net::traced) that `wanted` marks, in
    /// its order.
    pub fn record(&self, images: Tensor<4>, wanted: &[bool]) -> (Forward, Vec<Tensor<4>>) {
        let (forward, values) = Run::new(self, images.device()).run_recorded(images, Record::of(wanted));
        (forward, values.into_iter().map(|(_, value)| value).collect())
    }

    /// The parameters of a fused part, each in a row of its own and without autodiff, in the versions of a loop's step.
    fn apart(&self, fused: &Fused, version: impl Fn(ir::ParamId) -> ir::ParamId) -> Vec<Tensor<1>> {
        let flat = |(id, rounded): (&ir::ParamId, &bool)| {
            let id = version(*id);
            let param = self.params[id.0].val().inner().reshape([self.net.param(id).len()]);
            if *rounded { param.cast(DType::BF16).cast(self.precision.dtype()) } else { param }
        };
        fused.params.iter().zip(&fused.rounded).map(flat).collect()
    }

    /// The parameters of a fused part in a row, in the versions of a loop's step.
    fn row(&self, fused: &Fused, version: impl Fn(lcnnc_lang::ir::ParamId) -> lcnnc_lang::ir::ParamId) -> Tensor<1> {
        let flat = |((id, trained), rounded): ((&lcnnc_lang::ir::ParamId, &bool), &bool)| {
            let id = version(*id);
            let param = self.params[id.0].val().reshape([self.net.param(id).len()]);
            let param = if *trained { param } else { param.detach() };
            if *rounded { param.cast(DType::BF16).cast(self.precision.dtype()) } else { param }
        };
        let each = fused.params.iter().zip(fused.engine.trained()).zip(&fused.rounded);
        Tensor::cat(each.map(flat).collect(), 0)
    }

    /// The model with the running statistics of a training run.
    pub fn absorb(mut self, statistics: Statistics) -> Self {
        for (index, value) in statistics.0 {
            self.replace(index, |_| value);
        }
        self
    }

    /// The model with other parameters. `change` gets the declaration of each parameter, running statistics among them, and
    /// its values in four dimensions, as a model keeps them: `[O, I, H, W]`, and `[1, C, 1, 1]` of one number a channel. It
    /// gives values of the same shape to take instead, or `None` to leave them.
    pub fn changed(mut self, change: impl Fn(&ir::Param, Tensor<4>) -> Option<Tensor<4>>) -> Self {
        let net = self.net.clone();
        for (index, param) in net.params.iter().enumerate() {
            if let Some(values) = change(param, self.params[index].val().set_require_grad(false)) {
                self.replace(index, |_| values);
            }
        }
        self
    }

    /// The values of a parameter, as [`Model::changed`] gives them, without a gradient.
    pub fn values(&self, id: ir::ParamId) -> Tensor<4> {
        self.params[id.0].val().set_require_grad(false)
    }

    /// The model with other values of a parameter, of the same shape and on the same device.
    pub fn with_values(mut self, id: ir::ParamId, values: Tensor<4>) -> Self {
        self.replace(id.0, |_| values);
        self
    }

    /// Every parameter's id, in the net's order.
    pub fn ids(&self) -> impl Iterator<Item = ParamId> {
        (0..self.params.len()).map(id)
    }

    /// The trained parameters that have a learning rate of their own: its factor, and whose it is.
    pub fn paces(&self) -> impl Iterator<Item = (f64, ParamId)> {
        let params = self.net.params.iter().enumerate();
        params.filter(|(_, param)| param.trained() && param.lr != 1.0).map(|(index, param)| (param.lr, id(index)))
    }

    /// Puts another tensor in a parameter's place, which keeps its id and whether it requires gradients.
    fn replace(&mut self, index: usize, with: impl FnOnce(&Tensor<4>) -> Tensor<4>) {
        let old = &self.params[index];
        let trained = self.net.params[index].trained();
        self.params[index] = Param::initialized(id(index), with(old)).set_require_grad(trained);
    }
}

impl fmt::Debug for Model {
    /// The name and the size, never the numbers: they may be on another device.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Model({}, {} numbers, {:?})", self.net.name, self.num_params(), self.precision)
    }
}

fn id(index: usize) -> ParamId {
    ParamId::from(index as u64)
}

/// How a parameter of that shape is kept: `[C]` as `[1, C, 1, 1]`, so that it meets the channels of a map, and
/// everything else with ones behind.
fn held(shape: &[usize]) -> [usize; 4] {
    match *shape {
        [] => [1; 4],
        [c] => [1, c, 1, 1],
        [out, from] => [out, from, 1, 1],
        [out, from, height] => [out, from, height, 1],
        [out, from, height, ref rest @ ..] => [out, from, height, rest.iter().product()],
    }
}
