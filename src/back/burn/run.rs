//! One run of a net over a batch.

mod batch_norm;

use super::judge::Learnt;
use super::on_weights::Penalised;
use super::plan::{Fused, Piece, Plan};
use super::record::Record;
use super::watch::Watch;
use super::{Answers, Forward, Judgement, Model, Statistics, fused, held, init, judge, ops, pictures, update};
use batch_norm::Norm;
use burn::tensor::{Device, Tensor};
use lcnnc_kernels::draws::Draws;
use lcnnc_lang::ir::{Binary, Loop, Node, Op, ParamId, Shape, Unary, Value};

pub(super) struct Run<'a> {
    model: &'a Model,
    plan: &'a Plan,
    device: Device,
    /// How many images there are.
    batch: usize,
    values: Vec<Option<Tensor<4>>>,
    /// How often each value will still be read; the last reader takes it.
    reads: Vec<usize>,
    /// The step of the innermost loop that runs, from 1; it is 1 outside of loops too.
    step: usize,
    training: Option<Training>,
    record: Option<Record>,
    watch: Option<Watch>,
}

/// What only a training run keeps.
struct Training {
    /// What is random in this step: a number of its own.
    noise: u64,
    /// What dropout that is not fused draws from, one after the other.
    draws: Draws,
    /// Running statistics that a batch has been mixed into, by parameter.
    running: Vec<Option<Tensor<1>>>,
}

impl<'a> Run<'a> {
    pub fn new(model: &'a Model, device: Device) -> Self {
        let len = model.net.values;
        Self {
            model,
            plan: model.fused.as_deref().unwrap_or(&model.plan),
            device,
            batch: 0,
            values: vec![None; len],
            reads: vec![0; len],
            step: 1,
            training: None,
            record: None,
            watch: None,
        }
    }

    pub fn training(model: &'a Model, device: Device, noise: u64) -> Self {
        let (draws, running) = (Draws::of_dropout(noise), vec![None; model.params.len()]);
        Self { training: Some(Training { noise, draws, running }), ..Self::new(model, device) }
    }

    pub fn run_training(mut self, images: Tensor<4>) -> (Forward, Statistics) {
        let forward = self.net(images);
        (forward, self.statistics())
    }

    /// For a net that `whole` is all of: scores and cross-entropy by one operation, and what stands beside it.
    pub fn run_judged(mut self, whole: &Fused, images: Tensor<4>, answers: Answers<'_>) -> Judgement {
        let (net, batch, params) = (&self.model.net, images.dims()[0], self.model.apart(whole, |id| id));
        let noise = self.training.as_ref().map_or(0, |training| training.noise);
        let Learnt { loss, scores, gradients, seen } =
            judge::learnt(&whole.engine, ops::rows(images).inner(), params, noise, answers);
        self.mix(whole, &seen);
        // Burn reads tensors of both kinds in two goes.
        let scores = scores.autodiff();
        let known = gradients.into_iter().map(|(place, gradient)| {
            let id = whole.params[place];
            (id.0, gradient.reshape(held(&net.param(id).shape)))
        });
        let mut known: Vec<(usize, Tensor<4>)> = known.collect();
        let step = |n: usize| scores.clone().narrow(1, n * net.classes, net.classes).reshape([batch, net.classes]);
        let steps = (0..net.output.logits.len()).map(step);
        let steps = steps.collect();
        let penalties = match &self.plan.penalties {
            Some(penalties) if update::is_in_memory(&loss) => {
                let Penalised { penalties, gradients } = self.model.penalised(penalties);
                known.extend(gradients);
                penalties.into_iter().map(Tensor::autodiff).collect()
            }
            Some(_) | None => self.penalties_by_burn(),
        };
        let forward = Forward { penalties, steps };
        let statistics = self.statistics();
        Judgement { forward, cross_entropy: loss.autodiff(), statistics, known: Some(known) }
    }

    /// The penalties of a net whose fused part has run, with autodiff.
    fn penalties_by_burn(&mut self) -> Vec<Tensor<1>> {
        for piece in &self.plan.pieces {
            if let Piece::Node(node) = piece {
                self.node(node);
            }
        }
        self.model.net.penalties.iter().map(|penalty| self.read(penalty.value).reshape([1])).collect()
    }

    /// A run by plain primitives of which named values are kept: what runs inside of a fused part has no tensors.
    pub fn run_recorded(mut self, images: Tensor<4>, record: Record) -> (Forward, Vec<(String, Tensor<4>)>) {
        self.plan = &self.model.plan;
        self.record = Some(record);
        let forward = self.net(images);
        (forward, self.record.unwrap_or_default().values)
    }

    /// A run by plain primitives whose numbers are looked at.
    pub fn watched(&mut self, images: Tensor<4>, watch: Watch) -> (Forward, Watch) {
        self.plan = &self.model.plan;
        self.watch = Some(watch);
        let forward = self.net(images);
        (forward, self.watch.take().unwrap_or_default())
    }

    /// Whether kernels of ours may run this tensor's operation, though it is not fused: never where plain primitives are asked for.
    fn has_kernels(&self, x: &Tensor<4>) -> bool {
        !std::ptr::eq(self.plan, &raw const *self.model.plan) && pictures::has_kernels(x)
    }

    pub fn run(mut self, images: Tensor<4>) -> Forward {
        self.net(images)
    }

    fn net(&mut self, images: Tensor<4>) -> Forward {
        let net = &self.model.net;
        self.batch = images.dims()[0];
        self.define(Value::INPUT, images);
        let plan = self.plan;
        self.pieces(&plan.pieces);
        let steps = net.output.logits.iter().map(|logits| {
            let logits = self.read(*logits);
            let [batch, classes, ..] = logits.dims();
            logits.reshape([batch, classes])
        });
        let steps = steps.collect();
        let penalties = net.penalties.iter().map(|penalty| self.read(penalty.value).reshape([1]));
        Forward { penalties: penalties.collect(), steps }
    }

    fn pieces(&mut self, pieces: &[Piece]) {
        for piece in pieces {
            match piece {
                Piece::Node(node) => self.node(node),
                Piece::Loop(looped, body) => self.looped(looped, body),
                Piece::Fused(fused) => self.fused(fused),
            }
        }
    }

    /// Inputs side by side, outputs likewise: the operation has one tensor of each.
    fn fused(&mut self, piece: &Fused) {
        let batch = self.batch;
        let inputs = piece.inputs.iter().map(|value| ops::rows(self.read(*value)));
        let inputs = Tensor::cat(inputs.collect(), 1);
        let noise = self.training.as_ref().map(|training| training.noise);
        let (outputs, seen) = if self.device.is_autodiff() {
            let params = self.model.row(piece, |id| self.version(id));
            fused::fused(&piece.engine, noise, inputs, params)
        } else {
            judge::answered(&piece.engine, noise, inputs, self.model.apart(piece, |id| self.version(id)))
        };
        self.mix(piece, &seen);
        let mut first = 0;
        for (value, dims @ [channels, height, width]) in &piece.outputs {
            let len = dims.iter().product();
            let output = outputs.clone().narrow(1, first, len).reshape([batch, *channels, *height, *width]);
            self.define(*value, output);
            first += len;
        }
    }

    fn looped(&mut self, looped: &Loop, body: &[Piece]) {
        let states = &looped.states;
        let mut carried: Vec<Tensor<4>> = states.iter().map(|state| self.read(state.init)).collect();
        for (state, value) in states.iter().zip(&carried) {
            self.note(Some(&state.name), value);
        }
        let outer = self.step;
        self.watching(|watch| watch.enter(&looped.name));
        for step in 1..=looped.steps {
            self.step = step;
            self.watching(|watch| watch.step(step));
            for (state, value) in states.iter().zip(carried) {
                self.define(state.current, value);
            }
            self.pieces(body);
            for tap in looped.taps.iter().filter(|tap| tap.step == step) {
                let value = self.read(tap.inner);
                self.define(tap.outer, value);
            }
            carried = states.iter().map(|state| self.read(state.next)).collect();
        }
        self.step = outer;
        self.watching(Watch::leave);
        for (state, value) in states.iter().zip(carried) {
            self.define(state.last, value);
        }
    }

    fn define(&mut self, value: Value, tensor: Tensor<4>) {
        self.reads[value.0] = self.plan.reads[value.0];
        self.values[value.0] = (self.reads[value.0] > 0).then_some(tensor);
    }

    fn note(&mut self, name: Option<&String>, tensor: &Tensor<4>) {
        if let (Some(record), Some(name)) = (&mut self.record, name) {
            record.take(name, tensor);
        }
    }

    fn read(&mut self, value: Value) -> Tensor<4> {
        if let Some(x) = self.plan.numbers[value.0] {
            return Tensor::full([1; 4], x, (&self.device, self.model.precision.dtype()));
        }
        let left = &mut self.reads[value.0];
        *left = left.saturating_sub(1);
        let place = &mut self.values[value.0];
        let tensor = if *left == 0 { place.take() } else { place.clone() };
        let tensor = tensor.unwrap_or_else(|| unreachable!("a net reads a value only after it is made"));
        match &mut self.watch {
            Some(watch) => watch.read(tensor),
            None => tensor,
        }
    }

    fn watching(&mut self, note: impl FnMut(&mut Watch)) {
        self.watch.iter_mut().for_each(note);
    }

    /// The parameter that stands for this one at this step.
    fn version(&self, id: ParamId) -> ParamId {
        self.model.net.version(id, self.step)
    }

    fn param(&self, id: ParamId) -> Tensor<4> {
        self.model.params[self.version(id).0].val()
    }

    fn node(&mut self, node: &Node) {
        self.watching(|watch| watch.begin(node));
        let tensor = match &node.op {
            Op::Param(id) => self.param(*id),
            // Numbers are made where they are read.
            Op::Number(_) => return,
            Op::Zeros => self.zeros(&node.shape),
            Op::Conv { x, weight, bias, stride, padding, groups } => {
                let (x, weight, bias) = self.factors(*x, *weight, *bias);
                let sum = if *groups == 1 && self.has_kernels(&x) {
                    let pad = padding.pixels(weight.dims()[2]);
                    let sum = pictures::conv(x, weight, *stride, pad);
                    bias.map_or(sum.clone(), |bias| sum + bias)
                } else {
                    ops::conv(x, weight, bias, *stride, *padding, *groups)
                };
                self.product(sum)
            }
            Op::Local { x, weight, bias, stride, padding } => {
                let kernel = self.model.net.param(*weight).shape[5];
                let by_place =
                    bias.map(|bias| self.model.net.param(bias).shape.clone()).filter(|shape| shape.len() > 1);
                let (x, weight, bias) = self.factors(*x, *weight, *bias);
                // A number for each place is kept without the axis of images.
                let bias = bias.map(|bias| match by_place.as_deref() {
                    Some(&[channels, height, width]) => bias.reshape([1, channels, height, width]),
                    Some(_) | None => bias,
                });
                self.product(ops::local(x, weight, bias, kernel, *stride, padding.pixels(kernel)))
            }
            Op::ConvTranspose { x, weight, bias, stride, padding } => {
                let (x, weight, bias) = self.factors(*x, *weight, *bias);
                self.product(ops::conv_transpose(x, weight, bias, *stride, *padding))
            }
            Op::Dense { x, weight, bias } => {
                let (x, weight, bias) = self.factors(*x, *weight, *bias);
                self.product(ops::dense(x, weight, bias))
            }
            Op::Pool { kind, x, kernel, stride, padding } => {
                ops::pool(*kind, self.read(*x), *kernel, *stride, *padding)
            }
            Op::Upsample { x, factor, mode } => ops::upsample(self.read(*x), *factor, *mode),
            Op::BatchNorm { x, scale, shift, mean, variance, epsilon, momentum } => {
                let [scale, shift, mean, variance] = [scale, shift, mean, variance].map(|id| self.version(*id));
                let norm = Norm { scale, shift, mean, variance, epsilon: *epsilon, momentum: *momentum };
                let x = self.read(*x);
                self.batch_norm(x, &norm)
            }
            Op::GroupNorm { x, groups, scale, shift, epsilon } => {
                let affine = [self.param(*scale), self.param(*shift)];
                ops::group_norm(self.read(*x), *groups, affine, *epsilon)
            }
            Op::Lrn { x, size, alpha, beta, k } => ops::lrn(self.read(*x), *size, [*alpha, *beta, *k]),
            Op::Dropout { x, rate } => {
                let x = self.read(*x);
                self.dropout(x, *rate)
            }
            Op::Unary { f, x } => {
                let x = self.read(*x);
                if *f == Unary::Relu && self.has_kernels(&x) { pictures::relu(x) } else { ops::unary(*f, x) }
            }
            Op::Binary { f, left, right } => self.binary(*f, *left, *right),
            Op::Reduce { f, x } => ops::reduce(*f, self.read(*x)),
            Op::Flatten { x } => ops::flatten(self.read(*x)),
            Op::Concat { parts } => Tensor::cat(parts.iter().map(|part| self.read(*part)).collect(), 1),
        };
        self.note(node.name.as_ref(), &tensor);
        self.watching(|watch| watch.end(&tensor));
        self.define(node.value, tensor);
    }

    /// What is multiplied, and added to the products, in the width that the model multiplies in.
    fn factors(
        &mut self,
        x: Value,
        weight: ParamId,
        bias: Option<ParamId>,
    ) -> (Tensor<4>, Tensor<4>, Option<Tensor<4>>) {
        let (weight, bias) = (self.param(weight), bias.map(|bias| self.param(bias)));
        let dtype = self.model.precision.factor();
        let wide = |tensor: Tensor<4>| if tensor.dtype() == dtype { tensor } else { tensor.cast(dtype) };
        (wide(self.read(x)), wide(weight), bias.map(wide))
    }

    /// A sum of products in the width of everything else.
    fn product(&self, sum: Tensor<4>) -> Tensor<4> {
        let dtype = self.model.precision.dtype();
        if sum.dtype() == dtype { sum } else { sum.cast(dtype) }
    }

    /// A literal number is folded into the operation, instead of becoming a tensor that is spread over the other.
    fn binary(&mut self, f: Binary, left: Value, right: Value) -> Tensor<4> {
        let numbers = &self.plan.numbers;
        match (numbers[left.0], numbers[right.0]) {
            (None, Some(number)) => ops::with_number(f, self.read(left), number),
            (Some(number), None) => ops::number_with(f, number, self.read(right)),
            (None, None) | (Some(_), Some(_)) => {
                let (left, right) = (self.read(left), self.read(right));
                let kernels = self.has_kernels(&left) && left.dims() == right.dims();
                if f == Binary::Add && kernels { pictures::add(left, right) } else { ops::binary(f, left, right) }
            }
        }
    }

    fn zeros(&self, shape: &Shape) -> Tensor<4> {
        let [channels, height, width] = match *shape {
            Shape::Map(dims) => dims,
            Shape::Vector(n) => [n, 1, 1],
            Shape::Weight(_) | Shape::Scalar => unreachable!("a builder makes zeros for each image only"),
        };
        Tensor::zeros([self.batch, channels, height, width], (&self.device, self.model.precision.dtype()))
    }

    fn dropout(&mut self, x: Tensor<4>, rate: f64) -> Tensor<4> {
        match &mut self.training {
            Some(training) if rate > 0.0 => {
                let dtype = self.model.precision.dtype();
                let mask = init::mask(&mut training.draws, rate, x.dims(), dtype);
                let mask = Tensor::from_data(mask, (&self.device, dtype));
                x * mask
            }
            Some(_) | None => x,
        }
    }
}
