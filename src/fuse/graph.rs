//! A fused part of a net as a [`Graph`] of kernels: loops written out, convolutions of one input brought together.

use super::cut::Fused;
use super::lower::{ConvWindows, Entrywise, KernelForm, KernelOperand, Processor, Running, Why, kernel_of};
use lcnnc_kernels::batch_norm::BatchNorm;
use lcnnc_kernels::graph::{Bank, Direction, Graph, Id, Kernel, Local, Map, Mask, Member, Slot};
use lcnnc_kernels::{Engine, Method, Parameter, Vectors};
use lcnnc_lang::ir::{Net, Node, ParamId, Shape, Unrolled, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A fused part, ready to run.
pub struct Lowered {
    pub engine: Engine,
    /// For each parameter, whether it is to be rounded to bfloat16 before.
    pub rounded: Vec<bool>,
    /// The running statistics of each batch normalisation, in the order of [`Engine::norms`].
    pub norms: Vec<Running>,
}

/// The engine that runs a fused part. No parameter is rounded, unless with `bf16` the factors and the sums of all
/// convolutions and dense layers are.
pub fn engine(net: &Net, fused: &Fused, vectors: Vectors, bf16: bool) -> Lowered {
    let Kernels { graph, outputs, rounded, norms } = kernels(net, fused, bf16);
    let params = fused.params.iter().map(|id| net.param(*id));
    let params: Vec<Parameter> = params.map(|param| Parameter { len: param.len(), trained: param.trained() }).collect();
    let rounded = (0..params.len()).map(|slot| rounded.contains(&slot)).collect();
    Lowered { engine: Engine::new(graph, outputs, &params, vectors), rounded, norms }
}

/// A line for people on each convolution of a fused part, those of one input together: `7x7 kernels, 1 -> 8 maps, by
/// Fourier transforms of 54 x 54 points: W_A.weight`.
pub fn convolutions(net: &Net, fused: &Fused) -> Vec<String> {
    let graph = kernels(net, fused, false).graph;
    let convolution = |bank: &Bank| {
        let slots = bank.members.iter().map(|member| net.param(fused.params[member.slot]).name.as_str());
        let weights = slots.collect::<Vec<&str>>().join(", ");
        let (k, inputs, outputs) = (bank.kernel, bank.inputs, bank.outputs());
        let stride = if bank.stride > 1 { format!(", stride {}", bank.stride) } else { String::new() };
        let form = match bank.direction {
            Direction::Spread { .. } => ", transposed".to_owned(),
            Direction::Gather if bank.groups > 1 => format!(", {} groups", bank.groups),
            Direction::Gather => String::new(),
        };
        let method = match lcnnc_kernels::method(bank) {
            Method::Direct => "tap by tap".to_owned(),
            Method::Spectral([height, width]) => format!("by Fourier transforms of {height} x {width} points"),
            Method::Winograd => "by Winograd's tiles of 4 x 4 pixels".to_owned(),
        };
        format!("{k}x{k} kernels, {inputs} -> {outputs} maps{form}{stride}, {method}: {weights}")
    };
    graph.banks.iter().map(convolution).collect()
}

/// A fused part as kernels.
struct Kernels {
    graph: Graph,
    outputs: Vec<Id>,
    /// The parameters that are rounded to bfloat16 before the kernels read them.
    rounded: BTreeSet<Slot>,
    norms: Vec<Running>,
}

/// The kernels of a fused part. Whether every primitive has some was asked when the net was cut.
fn kernels(net: &Net, fused: &Fused, bf16: bool) -> Kernels {
    let kernels = try_lower(net, fused, bf16);
    kernels.unwrap_or_else(|why| unreachable!("a part is fused of what has kernels, and this has none: {why}"))
}

fn try_lower(net: &Net, fused: &Fused, bf16: bool) -> Result<Kernels, Why> {
    let slots = fused.params.iter().enumerate().map(|(slot, id)| (*id, slot)).collect();
    let rounding = bf16.then(Rounding::default);
    let (operands, graph, norms) = (Vec::new(), Graph::default(), Vec::new());
    let mut lowering = Lowering { net, slots, operands, graph, rounding, norms, drawn: 0 };
    for (place, (_, shape)) in fused.inputs.iter().enumerate() {
        let id = lowering.graph.node(Kernel::Input(place), &[], shape.planes());
        lowering.operands.push(KernelOperand::Image(id));
    }
    let inputs: Vec<Value> = fused.inputs.iter().map(|(value, _)| *value).collect();
    // The cut has bounded the activity, and with it the number of values.
    let flat = Unrolled::of(net, &fused.stmts, &inputs);
    flat.nodes.iter().try_for_each(|node| lowering.node(node))?;
    let output = |(value, _): &(Value, Shape)| lowering.operands[flat.value(*value).0].image();
    let outputs = fused.outputs.iter().map(output).collect::<Result<_, Why>>()?;
    let rounded = lowering.rounding.map(|rounding| rounding.slots).unwrap_or_default();
    Ok(Kernels { graph: merged(lowering.graph), outputs, rounded, norms: lowering.norms })
}

/// The graph of a fused part in the making.
struct Lowering<'a> {
    net: &'a Net,
    slots: BTreeMap<ParamId, Slot>,
    /// What each value is, by its number once loops are written out.
    operands: Vec<KernelOperand<Id>>,
    graph: Graph,
    rounding: Option<Rounding>,
    norms: Vec<Running>,
    /// How many random numbers each image has drawn so far.
    drawn: usize,
}

/// What has been rounded to bfloat16 so far.
#[derive(Default)]
struct Rounding {
    /// For each value that was rounded, the rounded one.
    values: BTreeMap<Id, Id>,
    slots: BTreeSet<Slot>,
}

impl Lowering<'_> {
    /// Appends the kernels of a node, and notes what its value is.
    fn node(&mut self, node: &Node) -> Result<(), Why> {
        let operand = match KernelOperand::literal(node) {
            Some(literal) => literal,
            None => {
                // A CPU has all kernels that there are.
                let form = kernel_of(self.net, node, Processor::Cpu, |value| self.operands[value.0])?;
                KernelOperand::Image(self.append(form, node.shape.planes()))
            }
        };
        self.operands.push(operand);
        Ok(())
    }

    /// Appends kernels that make a value of this shape.
    fn append(&mut self, form: KernelForm<Id>, shape: [usize; 3]) -> Id {
        match form {
            KernelForm::Zeros => self.graph.node(Kernel::Zeros, &[], shape),
            KernelForm::Conv { x, weight, bias, windows } => {
                let products = self.conv(x, weight, windows, shape);
                self.sum(products, bias)
            }
            KernelForm::Local { x, weight, bias, stride, pad } => {
                let x = self.factor(x);
                let [inputs, from @ ..] = self.graph.dims(x);
                let kernel = self.net.param(weight).shape[4];
                let (by_place, by_channel) = match bias {
                    Some(id) if self.net.param(id).shape.len() > 1 => (Some(self.weight(id)), None),
                    Some(_) | None => (None, bias),
                };
                let (weight, outputs) = (self.weight(weight), shape[0]);
                let local = Local { weight, bias: by_place, inputs, outputs, kernel, stride, pad, from };
                let products = self.graph.node(Kernel::Local(local), &[x], shape);
                self.sum(products, by_channel)
            }
            KernelForm::Dense { x, weight, bias } => {
                let (x, weight) = (self.factor(x), self.weight(weight));
                let products = self.graph.node(Kernel::Dense(weight), &[x], shape);
                self.sum(products, bias)
            }
            KernelForm::Pool { x, window } => self.graph.node(Kernel::Pool(window), &[x], shape),
            KernelForm::Upsample { x, upsampling } => self.graph.node(Kernel::Upsample(upsampling), &[x], shape),
            KernelForm::View { x } => self.graph.node(Kernel::View, &[x], shape),
            KernelForm::Concat { parts } => self.graph.node(Kernel::Concat, &parts, shape),
            KernelForm::BatchNorm { x, affine: [scale, shift], running, epsilon } => {
                let [channels, height, width] = shape;
                let [scale, shift, mean, variance] =
                    [scale, shift, running.mean, running.variance].map(|id| self.slots[&id]);
                self.norms.push(running);
                let cells = height * width;
                self.graph.batch_norm(x, BatchNorm { channels, cells, scale, shift, mean, variance, epsilon })
            }
            // Nothing is drawn for it.
            KernelForm::Dropout { x, rate: 0.0 } => x,
            KernelForm::Dropout { x, rate } => {
                let mask = self.graph.node(Kernel::Mask(Mask { rate, before: self.drawn }), &[], shape);
                self.drawn += shape.iter().product::<usize>();
                self.graph.map(Map::Mul, &[x, mask])
            }
            KernelForm::Pair { map, left, right } => self.graph.map(map, &[left, right]),
            KernelForm::ImageNorm { x, norm, maps } => {
                let normal = self.graph.node(Kernel::ImageNorm(norm), &[x], shape);
                self.chain(normal, maps)
            }
            KernelForm::Chain { x, maps } => self.chain(x, maps),
        }
    }

    fn conv(&mut self, x: Id, weight: ParamId, windows: ConvWindows, [outputs, to @ ..]: [usize; 3]) -> Id {
        let x = self.factor(x);
        let [inputs, from @ ..] = self.graph.dims(x);
        let kernel = self.net.param(weight).shape[2];
        let members = vec![Member { slot: self.weight(weight), outputs }];
        let ConvWindows { stride, pad, groups, on_result } = windows;
        let direction = if on_result { Direction::Spread { to } } else { Direction::Gather };
        self.graph.conv(x, Bank { inputs, kernel, stride, pad, groups, direction, from, members })[0]
    }

    fn chain(&mut self, x: Id, maps: Vec<Entrywise>) -> Id {
        maps.into_iter().fold(x, |x, map| self.entrywise(x, map))
    }

    fn entrywise(&mut self, x: Id, map: Entrywise) -> Id {
        let map = match map {
            Entrywise::Map(map) => map,
            Entrywise::AddChannel(id) => Map::AddChannel(self.slots[&id]),
            Entrywise::MulChannel(id) => Map::MulChannel(self.slots[&id]),
            Entrywise::DivChannel(id) => Map::DivChannel(self.slots[&id]),
        };
        self.graph.map(map, &[x])
    }

    /// An image's value that is multiplied by weights, as it is multiplied.
    fn factor(&mut self, x: Id) -> Id {
        match &mut self.rounding {
            Some(rounding) => *rounding.values.entry(x).or_insert_with(|| self.graph.map(Map::Bf16, &[x])),
            None => x,
        }
    }

    /// The slot of a parameter that is multiplied, or added to the products.
    fn weight(&mut self, id: ParamId) -> Slot {
        let slot = self.slots[&id];
        if let Some(rounding) = &mut self.rounding {
            rounding.slots.insert(slot);
        }
        slot
    }

    /// A sum of products with the bias that is added to it.
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
}

/// Convolutions of one input by kernels of one size, which become one.
struct Together {
    x: Id,
    bank: Bank,
    values: Vec<Id>,
}

impl Together {
    /// Whether a convolution of the same input is one of these, and with kernels that are not yet among theirs.
    fn takes(&self, bank: &Bank) -> bool {
        let is_alike = Bank { members: bank.members.clone(), ..self.bank.clone() } == *bank;
        is_alike && bank.members.iter().all(|member| !self.bank.members.contains(member))
    }
}

/// The same graph, in which convolutions that read the same input by kernels of the same size are one, at the place of
/// the first: the input is then transformed once for all of them, and its gradient transformed back once.
fn merged(graph: Graph) -> Graph {
    let mut groups = together(&graph);
    let mut merged = Graph { values: graph.values, nodes: Vec::new(), banks: Vec::new(), norms: graph.norms };
    for (n, node) in graph.nodes.into_iter().enumerate() {
        match (&node.kernel, groups.remove(&n)) {
            (Kernel::Conv(_), Some(Together { x, bank, values })) => merged.conv_into(x, bank, &values),
            (Kernel::Conv(_), None) => {}
            _ => merged.nodes.push(node),
        }
    }
    merged
}

/// The convolutions of a graph that become one, by the index of the first of them.
fn together(graph: &Graph) -> BTreeMap<usize, Together> {
    let mut groups: BTreeMap<usize, Together> = BTreeMap::new();
    let mut of_input: BTreeMap<Id, Vec<usize>> = BTreeMap::new();
    for (n, node) in graph.nodes.iter().enumerate() {
        let Kernel::Conv(bank) = node.kernel else { continue };
        let (x, bank) = (node.reads[0], &graph.banks[bank]);
        let firsts = of_input.entry(x).or_default();
        let first = firsts.iter().copied().find(|first| groups[first].takes(bank));
        let group = groups.entry(first.unwrap_or(n)).or_insert_with(|| {
            firsts.push(n);
            Together { x, bank: Bank { members: Vec::new(), ..bank.clone() }, values: Vec::new() }
        });
        group.bank.members.extend(&bank.members);
        group.values.extend(&node.makes);
    }
    groups
}
