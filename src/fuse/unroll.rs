//! A fused part of a net as a [`Graph`] of kernels: loops written out, convolutions of one input brought together.

use crate::fuse::cut::Fused;
use lcnnc_kernels::graph::{Bank, Graph, Id, Kernel, Map, Member, Slot, Window};
use lcnnc_kernels::{Engine, Method, Parameter, Vectors};
use lcnnc_lang::ir::{Binary, Loop, Net, Node, Op, ParamId, Pool, Stmt, Unary, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The engine that runs a fused part, and which of its parameters are to be rounded to bfloat16 before: none, unless with
/// `bf16` the factors and the sums of all convolutions and dense layers are.
pub fn engine(net: &Net, fused: &Fused, vectors: Vectors, bf16: bool) -> (Engine, Vec<bool>) {
    let Unrolled { graph, outputs, rounded } = unroll(net, fused, bf16);
    let params = fused.params.iter().map(|id| net.param(*id));
    let params: Vec<Parameter> = params.map(|param| Parameter { len: param.len(), trained: param.trained() }).collect();
    let rounded = (0..params.len()).map(|slot| rounded.contains(&slot)).collect();
    (Engine::new(graph, outputs, &params, vectors), rounded)
}

/// The convolutions of a fused part for people, those of one input together: `conv 7x7, 1 -> 8 maps: ...`.
pub fn convolutions(net: &Net, fused: &Fused) -> Vec<String> {
    let graph = unroll(net, fused, false).graph;
    let convolution = |bank: &Bank| {
        let slots = bank.members.iter().map(|member| net.param(fused.params[member.slot]).name.as_str());
        let weights = slots.collect::<Vec<&str>>().join(", ");
        let (k, inputs, outputs) = (bank.kernel, bank.inputs, bank.outputs());
        let method = match lcnnc_kernels::method(bank) {
            Method::Direct => "tap by tap".to_owned(),
            Method::Spectral([height, width]) => format!("by Fourier transforms of {height} x {width} points"),
            Method::Winograd => "by Winograd's tiles of 4 x 4 pixels".to_owned(),
        };
        format!("{k}x{k} kernels, {inputs} -> {outputs} maps, {method}: {weights}")
    };
    graph.banks.iter().map(convolution).collect()
}

struct Unrolled {
    graph: Graph,
    outputs: Vec<Id>,
    rounded: BTreeSet<Slot>,
}

fn unroll(net: &Net, fused: &Fused, bf16: bool) -> Unrolled {
    let slots = fused.params.iter().enumerate().map(|(slot, id)| (*id, slot)).collect();
    let rounding = bf16.then(Rounding::default);
    let mut unroller = Unroller { net, slots, known: BTreeMap::new(), step: 0, graph: Graph::default(), rounding };
    for (place, (value, shape)) in fused.inputs.iter().enumerate() {
        let id = unroller.graph.node(Kernel::Input(place), &[], shape.planes());
        unroller.known.insert(*value, Known::Image(id));
    }
    unroller.steps(&fused.steps);
    let outputs = fused.outputs.iter().map(|(value, _)| unroller.image(*value)).collect();
    let rounded = unroller.rounding.map(|rounding| rounding.slots).unwrap_or_default();
    Unrolled { graph: merged(unroller.graph), outputs, rounded }
}

/// What is known of a value of the net.
#[derive(Clone, Copy)]
enum Known {
    Image(Id),
    Number(f64),
    Weight(Slot),
}

struct Unroller<'a> {
    net: &'a Net,
    slots: BTreeMap<ParamId, Slot>,
    known: BTreeMap<Value, Known>,
    /// The step of the innermost loop, from 0.
    step: usize,
    graph: Graph,
    rounding: Option<Rounding>,
}

/// What has been rounded to bfloat16.
#[derive(Default)]
struct Rounding {
    /// Of each value, the rounded one.
    values: BTreeMap<Id, Id>,
    slots: BTreeSet<Slot>,
}

impl Unroller<'_> {
    fn image(&self, value: Value) -> Id {
        match self.known.get(&value) {
            Some(Known::Image(id)) => *id,
            Some(Known::Number(_) | Known::Weight(_)) | None => unreachable!("a fused part reads images here"),
        }
    }

    fn slot(&self, id: ParamId) -> Slot {
        let version = self.net.per_step.get(&id).and_then(|each| each.get(self.step)).copied().unwrap_or(id);
        self.slots[&version]
    }

    fn steps(&mut self, steps: &[Stmt]) {
        for step in steps {
            match step {
                Stmt::Node(node) => {
                    let known = self.node(node);
                    self.known.insert(node.value, known);
                }
                Stmt::Loop(looped) => self.looped(looped),
            }
        }
    }

    fn looped(&mut self, looped: &Loop) {
        let outer = self.step;
        let mut carried: Vec<Known> = looped.states.iter().map(|state| self.known[&state.init]).collect();
        for step in 1..=looped.steps {
            self.step = step - 1;
            self.known.extend(looped.states.iter().map(|state| state.current).zip(carried));
            self.steps(&looped.body);
            for tap in looped.taps.iter().filter(|tap| tap.step == step) {
                let value = self.known[&tap.inner];
                self.known.insert(tap.outer, value);
            }
            carried = looped.states.iter().map(|state| self.known[&state.next]).collect();
        }
        self.step = outer;
        self.known.extend(looped.states.iter().map(|state| state.last).zip(carried));
    }

    fn node(&mut self, node: &Node) -> Known {
        let shape = node.shape.planes();
        let image = match &node.op {
            Op::Param(id) => return Known::Weight(self.slot(*id)),
            Op::Number(x) => return Known::Number(*x),
            Op::Zeros => self.graph.node(Kernel::Zeros, &[], shape),
            Op::Conv { x, weight, bias, padding, .. } => {
                let x = self.factor(*x);
                let [inputs, height, width] = self.graph.dims(x);
                let kernel = self.net.param(*weight).shape[2];
                let members = vec![Member { slot: self.weight(*weight), outputs: shape[0] }];
                let bank = Bank { inputs, kernel, pad: padding.pixels(kernel), from: [height, width], members };
                let y = self.graph.conv(x, bank)[0];
                self.sum(y, *bias)
            }
            Op::Dense { x, weight, bias } => {
                let (x, weight) = (self.factor(*x), self.weight(*weight));
                let y = self.graph.node(Kernel::Dense(weight), &[x], shape);
                self.sum(y, *bias)
            }
            Op::Pool { kind, x, kernel, stride, padding } => {
                let (largest, pad) = (*kind == Pool::Max, kernel.map(|side| padding.pixels(side)));
                let window = Window { largest, kernel: *kernel, stride: *stride, pad };
                self.graph.node(Kernel::Pool(window), &[self.image(*x)], shape)
            }
            Op::Unary { f, x } => self.graph.map(unary(*f), &[self.image(*x)]),
            Op::Binary { f, left, right } => self.binary(*f, self.known[left], self.known[right]),
            Op::Flatten { x } => self.graph.node(Kernel::View, &[self.image(*x)], shape),
            Op::Concat { parts } => {
                let parts: Vec<Id> = parts.iter().map(|part| self.image(*part)).collect();
                self.graph.node(Kernel::Concat, &parts, shape)
            }
            Op::ConvTranspose { .. }
            | Op::Local { .. }
            | Op::Upsample { .. }
            | Op::BatchNorm { .. }
            | Op::GroupNorm { .. }
            | Op::Lrn { .. }
            | Op::Dropout { .. }
            | Op::Reduce { .. } => unreachable!("not a primitive of a fused part"),
        };
        Known::Image(image)
    }

    /// An image that is multiplied.
    fn factor(&mut self, x: Value) -> Id {
        let x = self.image(x);
        match &mut self.rounding {
            Some(rounding) => *rounding.values.entry(x).or_insert_with(|| self.graph.map(Map::Bf16, &[x])),
            None => x,
        }
    }

    /// A parameter that is multiplied, or added to the products.
    fn weight(&mut self, id: ParamId) -> Slot {
        let slot = self.slot(id);
        if let Some(rounding) = &mut self.rounding {
            rounding.slots.insert(slot);
        }
        slot
    }

    /// A sum of products, and the bias that is added to it.
    fn sum(&mut self, products: Id, bias: Option<ParamId>) -> Id {
        let sum = match bias {
            Some(bias) => {
                let map = Map::AddChannel(self.weight(bias));
                self.graph.map(map, &[products])
            }
            None => products,
        };
        let Some(rounding) = &mut self.rounding else { return sum };
        let rounded = self.graph.map(Map::Bf16, &[sum]);
        rounding.values.insert(rounded, rounded);
        rounded
    }

    fn binary(&mut self, f: Binary, left: Known, right: Known) -> Id {
        let graph = &mut self.graph;
        match (left, right) {
            (Known::Image(left), Known::Image(right)) => graph.map(
                match f {
                    Binary::Add => Map::Add,
                    Binary::Sub => Map::Sub,
                    Binary::Mul => Map::Mul,
                    Binary::Div => Map::Div,
                },
                &[left, right],
            ),
            (Known::Image(x), Known::Number(n)) => match f {
                Binary::Add => graph.map(Map::AddNumber(n as f32), &[x]),
                Binary::Sub => graph.map(Map::AddNumber(-n as f32), &[x]),
                Binary::Mul => graph.map(Map::MulNumber(n as f32), &[x]),
                Binary::Div => graph.map(Map::MulNumber(n.recip() as f32), &[x]),
            },
            (other, Known::Image(x)) => {
                let x = match f {
                    Binary::Add | Binary::Mul => x,
                    Binary::Sub => graph.map(Map::Negate, &[x]),
                    Binary::Div => graph.map(Map::Reciprocal, &[x]),
                };
                let map = match (f, other) {
                    (Binary::Add | Binary::Sub, Known::Number(n)) => Map::AddNumber(n as f32),
                    (Binary::Mul | Binary::Div, Known::Number(n)) => Map::MulNumber(n as f32),
                    (Binary::Add | Binary::Sub, Known::Weight(slot)) => Map::AddChannel(slot),
                    (Binary::Mul | Binary::Div, Known::Weight(slot)) => Map::MulChannel(slot),
                    (_, Known::Image(_)) => unreachable!("two images were met above"),
                };
                graph.map(map, &[x])
            }
            (Known::Image(x), Known::Weight(slot)) => match f {
                Binary::Add => graph.map(Map::AddChannel(slot), &[x]),
                Binary::Mul => graph.map(Map::MulChannel(slot), &[x]),
                Binary::Sub => {
                    let negative = graph.map(Map::Negate, &[x]);
                    let sum = graph.map(Map::AddChannel(slot), &[negative]);
                    graph.map(Map::Negate, &[sum])
                }
                Binary::Div => unreachable!("no fused part divides by a weight"),
            },
            (Known::Number(_) | Known::Weight(_), Known::Number(_) | Known::Weight(_)) => {
                unreachable!("the value of a fused part is an image's")
            }
        }
    }
}

fn unary(f: Unary) -> Map {
    match f {
        Unary::Negate => Map::Negate,
        Unary::Abs => Map::Abs,
        Unary::Exp => Map::Exp,
        Unary::Log => Map::Log,
        Unary::Sqrt => Map::Sqrt,
        Unary::Square => Map::Square,
        Unary::Relu => Map::Relu,
        Unary::Tanh => Map::Tanh,
        Unary::Sigmoid => Map::Sigmoid,
        Unary::Softplus => Map::Softplus,
        Unary::Gelu => unreachable!("not a function of a fused part"),
    }
}

/// Convolutions that read the same input by kernels of the same size become one, at the place of the first: the input
/// is then transformed once for all of them, and its gradient transformed back once.
fn merged(graph: Graph) -> Graph {
    let Graph { values, nodes, banks } = graph;
    let like = |bank: usize| Bank { members: Vec::new(), ..banks[bank].clone() };
    let mut groups: Vec<(Id, Bank, Vec<Id>)> = Vec::new();
    let mut first = vec![None; nodes.len()];
    let mut latest: BTreeMap<Id, Vec<usize>> = BTreeMap::new();
    for (n, node) in nodes.iter().enumerate() {
        let Kernel::Conv(bank) = node.kernel else { continue };
        let (x, shape, member) = (node.reads[0], like(bank), banks[bank].members[0]);
        let known = latest.entry(x).or_default();
        let fits = |group: &&usize| {
            let Bank { members, .. } = &groups[**group].1;
            shape == Bank { members: Vec::new(), ..groups[**group].1.clone() } && !members.contains(&member)
        };
        let group = known.iter().find(fits).copied().unwrap_or_else(|| {
            known.push(groups.len());
            first[n] = Some(groups.len());
            groups.len()
        });
        if group == groups.len() {
            groups.push((x, shape, Vec::new()));
        }
        groups[group].1.members.push(member);
        groups[group].2.push(node.makes[0]);
    }
    let mut merged = Graph { values, nodes: Vec::new(), banks: Vec::new() };
    for (node, group) in nodes.into_iter().zip(first) {
        match (&node.kernel, group) {
            (Kernel::Conv(_), Some(group)) => {
                let (x, bank, values) = groups[group].clone();
                merged.conv_into(x, bank, &values);
            }
            (Kernel::Conv(_), None) => {}
            _ => merged.nodes.push(node),
        }
    }
    merged
}
