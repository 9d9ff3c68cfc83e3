//! Small nets that between them use every primitive.

use crate::back::CLASSES;
use lcnnc_lang::ir::{
    Binary, Builder, Init, Net, Output, Padding, ParamClass, ParamId, Penalty, Pool, Reduce, Shape, Unary, Upsampling,
    Value,
};

/// A net in the making, with a short word for each thing the tests say often.
pub struct Make(pub Builder);

impl Make {
    pub fn new(image: [usize; 3]) -> Self {
        Self(Builder::new(image))
    }

    pub fn param(&mut self, name: &str, shape: &[usize], class: ParamClass) -> ParamId {
        self.0.param(name, shape, Init::Uniform(0.6), class).unwrap()
    }

    pub fn conv(&mut self, name: &str, x: Value, out: usize, kernel: usize, stride: usize, padding: Padding) -> Value {
        let from = self.0.shape(x).channels();
        let weight = self.param(&format!("{name}.weight"), &[out, from, kernel, kernel], ParamClass::Kernel);
        let bias = self.param(&format!("{name}.bias"), &[out], ParamClass::Bias);
        self.0.conv(x, weight, Some(bias), stride, padding, 1).unwrap()
    }

    /// Each channel by itself, to `times` as many.
    pub fn depthwise(&mut self, name: &str, x: Value, times: usize, stride: usize, padding: Padding) -> Value {
        let from = self.0.shape(x).channels();
        let weight = self.param(&format!("{name}.weight"), &[from * times, 1, 3, 3], ParamClass::Kernel);
        self.0.conv(x, weight, None, stride, padding, from).unwrap()
    }

    pub fn conv_transpose(&mut self, name: &str, x: Value, out: usize, stride: usize, padding: Padding) -> Value {
        let from = self.0.shape(x).channels();
        let weight = self.param(&format!("{name}.weight"), &[from, out, 3, 3], ParamClass::Kernel);
        let bias = self.param(&format!("{name}.bias"), &[out], ParamClass::Bias);
        self.0.conv_transpose(x, weight, Some(bias), stride, padding).unwrap()
    }

    pub fn group_norm(&mut self, name: &str, x: Value, groups: usize) -> Value {
        let channels = [self.0.shape(x).channels()];
        let scale = self.param(&format!("{name}.weight"), &channels, ParamClass::Norm);
        let shift = self.param(&format!("{name}.bias"), &channels, ParamClass::Norm);
        self.0.group_norm(x, groups, [scale, shift], 1e-5).unwrap()
    }

    /// A kernel and a bias for a convolution without weight sharing.
    pub fn local(&mut self, name: &str, x: Value, out: usize, kernel: usize, stride: usize) -> Value {
        let from = self.0.shape(x).channels();
        let [height, width] = self.0.grid(x, kernel, stride, Padding::Same).unwrap();
        let shape = [height, width, out, from, kernel, kernel];
        let weight = self.param(&format!("{name}.weight"), &shape, ParamClass::Kernel);
        let bias = self.param(&format!("{name}.bias"), &[out], ParamClass::Bias);
        self.0.local(x, weight, Some(bias), stride, Padding::Same).unwrap()
    }

    pub fn batch_norm(&mut self, name: &str, x: Value) -> Value {
        let channels = [self.0.shape(x).channels()];
        let scale = self.param(&format!("{name}.weight"), &channels, ParamClass::Norm);
        let shift = self.param(&format!("{name}.bias"), &channels, ParamClass::Norm);
        let mut statistic = |leaf: &str, start| {
            let init = Init::Constant(start);
            self.0.param(&format!("{name}.{leaf}"), &channels, init, ParamClass::Statistic).unwrap()
        };
        let (mean, variance) = (statistic("running_mean", 0.1), statistic("running_var", 0.7));
        self.0.batch_norm(x, [scale, shift, mean, variance], 1e-5, 0.1).unwrap()
    }

    pub fn binary(&mut self, f: Binary, left: Value, right: Value) -> Value {
        self.0.binary(f, left, right).unwrap()
    }

    pub fn finish(self, name: &str, x: Value) -> Net {
        self.finish_with(name, x, Vec::new())
    }

    /// Flattens, and ends in a dense layer with one score a class.
    pub fn finish_with(mut self, name: &str, x: Value, penalties: Vec<Value>) -> Net {
        let x = self.0.flatten(x).unwrap();
        let weight = self.param("logits.weight", &[CLASSES, self.0.shape(x).len()], ParamClass::Kernel);
        let bias = self.param("logits.bias", &[CLASSES], ParamClass::Bias);
        let logits = self.0.dense(x, weight, Some(bias)).unwrap();
        let penalties = penalties.into_iter().enumerate();
        let penalties = penalties.map(|(n, value)| Penalty { name: format!("p{n}"), value }).collect();
        let output = Output { name: "logits".to_owned(), logits: vec![logits] };
        self.0.finish(name.to_owned(), "image".to_owned(), output, CLASSES, penalties)
    }
}

pub fn layers() -> Net {
    let mut net = Make::new([2, 7, 8]);
    let a = net.conv("a", Value::INPUT, 3, 3, 2, Padding::Same);
    let b = net.conv("b", a, 3, 3, 1, Padding::Valid);
    let pooled = net.0.pool(Pool::Max, a, [2, 3], 1, Padding::Valid).unwrap();
    let pooled = net.0.pool(Pool::Average, pooled, [2, 1], 1, Padding::Valid).unwrap();
    let joined = net.0.concat(vec![b, pooled, b]).unwrap();
    let normal = net.batch_norm("norm", joined);
    let dropped = net.0.dropout(normal, 0.4).unwrap();
    net.finish("layers", dropped)
}

/// The layers beyond those of a plain net: groups, transposed kernels, padded windows, norms of one image.
pub fn more_layers() -> Net {
    let mut net = Make::new([2, 5, 4]);
    let a = net.conv("a", Value::INPUT, 2, 3, 1, Padding::Same);
    let wide = net.depthwise("wide", a, 2, 2, Padding::Same);
    let narrow = net.depthwise("narrow", a, 1, 1, Padding::Valid);
    let grown = net.conv_transpose("grown", narrow, 3, 2, Padding::Same);
    let reached = net.conv_transpose("reached", narrow, 2, 2, Padding::Valid);
    let largest = net.0.pool(Pool::Max, a, [3, 5], 2, Padding::Same).unwrap();
    let mean = net.0.pool(Pool::Average, a, [3, 3], 1, Padding::Same).unwrap();
    let normal = net.group_norm("normal", wide, 2);
    let local = net.0.lrn(grown, 3, 0.7, 0.75, 1.5).unwrap();
    let repeated = net.0.upsample(narrow, 2, Upsampling::Nearest).unwrap();
    let between = net.0.upsample(largest, 3, Upsampling::Bilinear).unwrap();
    let zeros = net.0.zeros(Shape::Map([2, 5, 4])).unwrap();
    let sum = net.binary(Binary::Add, mean, zeros);
    let own = net.local("own", a, 2, 3, 2);
    let maps = [normal, local, reached, repeated, between, sum, own];
    let flat: Vec<Value> = maps.into_iter().map(|map| net.0.flatten(map).unwrap()).collect();
    let all = net.0.concat(flat).unwrap();
    let all = net.group_norm("all", all, 1);
    let gain = net.param("gain.weight", &[net.0.shape(all).channels()], ParamClass::Norm);
    let gain = net.0.read(gain);
    let all = net.binary(Binary::Mul, gain, all);
    net.finish("more_layers", all)
}

pub fn functions() -> Net {
    let mut net = Make::new([1, 3, 3]);
    let x = net.conv("a", Value::INPUT, 2, 3, 1, Padding::Same);
    let smooth =
        [Unary::Negate, Unary::Abs, Unary::Exp, Unary::Relu, Unary::Tanh, Unary::Sigmoid, Unary::Softplus, Unary::Gelu];
    let mut parts: Vec<Value> = smooth.into_iter().map(|f| net.0.unary(f, x)).collect();
    let square = net.0.unary(Unary::Square, x);
    let one = net.0.number(1.0);
    let positive = net.binary(Binary::Add, square, one);
    parts.push(net.0.unary(Unary::Log, positive));
    parts.push(net.0.unary(Unary::Sqrt, positive));
    let gain = net.param("gain.weight", &[2], ParamClass::Norm);
    let gain = net.0.read(gain);
    for f in [Binary::Add, Binary::Sub, Binary::Mul, Binary::Div] {
        let number = net.0.number(1.5);
        parts.push(net.binary(f, x, positive));
        parts.push(net.binary(f, positive, number));
        parts.push(net.binary(f, number, positive));
        parts.push(net.binary(f, positive, gain));
        parts.push(net.binary(f, gain, positive));
    }
    let all = net.0.concat(parts).unwrap();
    net.finish("functions", all)
}

/// Penalties over weights and over activity, with numbers on either side and alone.
pub fn penalties() -> Net {
    let mut net = Make::new([1, 4, 4]);
    let x = net.conv("a", Value::INPUT, 2, 3, 1, Padding::Same);
    let weight = net.param("a.weight", &[2, 1, 3, 3], ParamClass::Kernel);
    let weight = net.0.read(weight);
    let mut penalties: Vec<Value> = [Reduce::Sum, Reduce::Mean, Reduce::Min, Reduce::Max]
        .into_iter()
        .flat_map(|f| [net.0.reduce(f, weight), net.0.reduce(f, x)])
        .collect();
    let (left, right) = (penalties[1], penalties[2]);
    penalties.push(net.binary(Binary::Mul, left, right));
    let (two, three) = (net.0.number(2.0), net.0.number(3.0));
    let six = net.binary(Binary::Mul, two, three);
    penalties.push(net.binary(Binary::Mul, six, left));
    penalties.push(net.0.unary(Unary::Exp, two));
    penalties.push(two);
    net.finish_with("penalties", x, penalties)
}

/// `O` starts as `A` and becomes `relu(A + L(O))`, with a batch normalisation inside.
pub fn looped(steps: usize) -> Net {
    let mut net = Make::new([1, 5, 5]);
    let a = net.conv("A", Value::INPUT, 2, 3, 1, Padding::Same);
    let (open, states) = net.0.begin_loop("Lateral", steps, vec![("O".to_owned(), a)]);
    let next = step(&mut net, a, states[0]);
    let (_, last) = net.0.end_loop(open, &[next]).unwrap();
    net.finish("looped", last[0])
}

pub fn unrolled(steps: usize) -> Net {
    let mut net = Make::new([1, 5, 5]);
    let a = net.conv("A", Value::INPUT, 2, 3, 1, Padding::Same);
    let last = (0..steps).fold(a, |o, _| step(&mut net, a, o));
    net.finish("unrolled", last)
}

fn step(net: &mut Make, a: Value, o: Value) -> Value {
    let lateral = net.conv("L", o, 2, 3, 1, Padding::Same);
    let lateral = net.batch_norm("norm", lateral);
    let sum = net.binary(Binary::Add, a, lateral);
    net.0.unary(Unary::Relu, sum)
}

/// Two states that swap places, read each other and hide a loop inside.
pub fn swapping(steps: usize) -> Net {
    let mut net = Make::new([1, 4, 4]);
    let a = net.conv("A", Value::INPUT, 2, 3, 1, Padding::Same);
    let b = net.conv("B", Value::INPUT, 2, 3, 1, Padding::Same);
    let (outer, states) = net.0.begin_loop("outer", steps, vec![("P".to_owned(), a), ("Q".to_owned(), b)]);
    let (inner, inside) = net.0.begin_loop("inner", 2, vec![("R".to_owned(), states[1])]);
    let lateral = net.conv("L", inside[0], 2, 3, 1, Padding::Same);
    let sum = net.binary(Binary::Add, b, lateral);
    let next = net.0.unary(Unary::Tanh, sum);
    let (_, last) = net.0.end_loop(inner, &[next]).unwrap();
    let (_, last) = net.0.end_loop(outer, &[last[0], states[0]]).unwrap();
    let both = net.binary(Binary::Mul, last[0], last[1]);
    net.finish("swapping", both)
}
