//! The statements of a net as nodes, with loops written out or kept.

use super::needed::Needed;
use super::parts::{dims, floats, graph, info, wholes};
use super::proto::{AttributeProto, BOOL, Dimension, FLOAT, GraphProto, INT64, NodeProto, TensorProto, ValueInfoProto};
use lcnnc_lang::ir::flow::shapes;
use lcnnc_lang::ir::{Loop, Net, Node, Op, ParamId, Shape, State, Stmt, Value, at_steps};
use std::collections::{BTreeMap, BTreeSet};

/// The step of a loop that is being written.
#[derive(Clone)]
enum Step {
    /// The step of that number, of a loop that is written out.
    At(usize),
    /// Every step, of a loop that is kept; the tensor counts them from 0.
    Each(String),
}

/// A graph that is being written, the outermost one or the body of a loop.
#[derive(Default)]
pub struct Part {
    pub nodes: Vec<NodeProto>,
    pub infos: Vec<ValueInfoProto>,
}

/// A net that is being written.
pub struct Writer<'a> {
    pub net: &'a Net,
    pub shapes: Vec<Shape>,
    needed: Needed,
    loops: bool,
    /// The tensor that holds each value, by the number of the value.
    pub tensors: Vec<String>,
    pub taken: BTreeSet<String>,
    equations: BTreeMap<Value, String>,
    starts: BTreeSet<Value>,
    pub params: BTreeMap<String, ParamId>,
    pub constants: Vec<TensorProto>,
    /// Tensors that are made once and read wherever they are asked for, by what they are.
    pub shared: BTreeMap<String, String>,
    pub parts: Vec<Part>,
    steps: Vec<Step>,
}

impl<'a> Writer<'a> {
    pub fn new(net: &'a Net, needed: Needed, loops: bool) -> Self {
        let mut tensors = vec![String::new(); net.values];
        tensors[Value::INPUT.0].clone_from(&net.input.0);
        let taken = net.params.iter().map(|param| param.name.clone()).chain([net.input.0.clone()]).collect();
        let (mut equations, mut starts) = (BTreeMap::new(), BTreeSet::new());
        name_equations(&net.body, &mut equations, &mut starts);
        Self {
            net,
            shapes: shapes(net),
            needed,
            loops,
            tensors,
            taken,
            equations,
            starts,
            params: BTreeMap::new(),
            constants: Vec::new(),
            shared: BTreeMap::new(),
            parts: vec![Part::default()],
            steps: Vec::new(),
        }
    }

    pub fn stmts(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            match stmt {
                Stmt::Node(node) if self.needed.has(node.value) => {
                    let tensor = self.computed(node);
                    self.tensors[node.value.0] = tensor;
                }
                Stmt::Node(_) => {}
                Stmt::Loop(looped) if self.loops => self.kept(looped),
                Stmt::Loop(looped) => self.written_out(looped),
            }
        }
    }

    /// All states change together: what each becomes is looked up before any of them is.
    fn written_out(&mut self, looped: &Loop) {
        let states: Vec<&State> = looped.states.iter().filter(|state| self.needed.carries(state)).collect();
        let mut carried: Vec<String> = states.iter().map(|state| self.read(state.init)).collect();
        for step in 1..=looped.steps {
            self.steps.push(Step::At(step));
            for (state, tensor) in states.iter().zip(carried) {
                self.tensors[state.current.0] = tensor;
            }
            self.stmts(&looped.body);
            for tap in looped.taps.iter().filter(|tap| tap.step == step) {
                self.tensors[tap.outer.0] = self.read(tap.inner);
            }
            carried = states.iter().map(|state| self.read(state.next)).collect();
            self.steps.pop();
        }
        for (state, tensor) in states.iter().zip(carried) {
            self.tensors[state.last.0] = tensor;
        }
    }

    /// A loop as a node `Loop`, whose body reads what stands outside of it.
    fn kept(&mut self, looped: &Loop) {
        let states: Vec<&State> = looped.states.iter().filter(|state| self.needed.carries(state)).collect();
        let mut taps: BTreeMap<Value, Vec<(usize, Value)>> = BTreeMap::new();
        for tap in looped.taps.iter().filter(|tap| self.needed.has(tap.outer)) {
            taps.entry(tap.inner).or_default().push((tap.step, tap.outer));
        }
        if states.is_empty() && taps.is_empty() {
            return;
        }
        let mut inputs = vec![self.whole(looped.steps), String::new()];
        inputs.extend(states.iter().map(|state| self.read(state.init)));
        let [count, on] = ["step", "go"].map(|word| self.fresh(&format!("{}.{word}", looped.name)));
        let mut body_inputs = vec![info(&count, INT64, Vec::new()), info(&on, BOOL, Vec::new())];
        for state in &states {
            let name = self.fresh(&state.name);
            body_inputs.push(info(&name, FLOAT, dims(&state.shape)));
            self.tensors[state.current.0] = name;
        }
        self.parts.push(Part::default());
        self.steps.push(Step::Each(count));
        self.stmts(&looped.body);
        let go_on = self.add("Identity", &[&on], Vec::new(), &format!("{}.go_on", looped.name));
        let mut body_outputs = vec![info(&go_on, BOOL, Vec::new())];
        let handed = states.iter().map(|state| (state.next, format!("{}'", state.name)));
        let seen = taps.keys().map(|inner| (*inner, self.read(*inner)));
        let handed: Vec<(Value, String)> = handed.chain(seen).collect();
        for (value, name) in handed {
            let (tensor, shape) = (self.read(value), self.shapes[value.0].clone());
            // A body hands out what its own nodes make, each under a name of its own.
            let own = self.parts.last().is_some_and(|part| part.nodes.iter().any(|node| node.output.contains(&tensor)));
            let is_twice = body_outputs.iter().any(|known| known.name == tensor);
            let tensor = if own && !is_twice { tensor } else { self.add("Identity", &[&tensor], Vec::new(), &name) };
            body_outputs.push(info(&tensor, FLOAT, dims(&shape)));
        }
        self.steps.pop();
        let part = self.parts.pop().unwrap_or_default();
        let inside: BTreeSet<String> = body_outputs.iter().map(|known| known.name.clone()).collect();
        let value_info = part.infos.into_iter().filter(|known| !inside.contains(&known.name)).collect();
        let body = GraphProto {
            node: part.nodes,
            name: looped.name.clone(),
            input: body_inputs,
            output: body_outputs,
            value_info,
            ..GraphProto::default()
        };
        let mut outputs = Vec::new();
        for state in &states {
            let name = self.fresh(&at_steps(&self.at(&state.name), &[looped.steps]));
            self.declare(&name, dims(&state.shape));
            self.tensors[state.last.0].clone_from(&name);
            outputs.push(name);
        }
        let mut scans = Vec::new();
        for (inner, taps) in taps {
            let first = looped.taps.iter().find(|tap| tap.inner == inner);
            let name = first.map_or("x", |tap| tap.name.split('@').next().unwrap_or("x"));
            let scan = self.fresh(&format!("{}@1..{}", self.at(name), looped.steps));
            let steps = vec![Dimension::Value(looped.steps as i64)];
            self.declare(&scan, [steps, dims(&self.shapes[inner.0])].concat());
            outputs.push(scan.clone());
            scans.push((scan, name.to_owned(), taps));
        }
        let name = self.fresh(&looped.name);
        let attribute = vec![graph("body", body)];
        self.push(NodeProto { input: inputs, output: outputs, name, op_type: "Loop".to_owned(), attribute }, false);
        for (scan, name, taps) in scans {
            for (step, outer) in taps {
                let at = self.whole(step - 1);
                let title = at_steps(&self.at(&name), &[step]);
                let shape = self.shapes[outer.0].clone();
                let tensor = self.shaped("Gather", &[&scan, &at], vec![super::parts::int("axis", 0)], &title, &shape);
                self.tensors[outer.0] = tensor;
            }
        }
    }

    /// The tensor of a value.
    pub fn read(&self, value: Value) -> String {
        self.tensors[value.0].clone()
    }

    /// A name with the steps of the loops around, as far as these are written out.
    fn at(&self, name: &str) -> String {
        let steps: Vec<usize> =
            self.steps.iter().filter_map(|step| if let Step::At(n) = step { Some(*n) } else { None }).collect();
        at_steps(name, &steps)
    }

    /// What the tensor of a node is called: as its equation, or by its primitive behind the name of the equation it is part of.
    pub fn title(&self, node: &Node) -> String {
        match (&node.name, self.equations.get(&node.value)) {
            (Some(name), _) if self.starts.contains(&node.value) => format!("{}@0", self.at(name)),
            (Some(name), _) => self.at(name),
            (None, Some(equation)) => format!("{}.{}", self.at(equation), node.op.word()),
            (None, None) => self.at(node.op.word()),
        }
    }

    /// A name that no other tensor or node has.
    pub fn fresh(&mut self, name: &str) -> String {
        let mut names = std::iter::once(name.to_owned()).chain((1..).map(|n| format!("{name}.{n}")));
        let name = names.find(|name| !self.taken.contains(name)).unwrap_or_default();
        self.taken.insert(name.clone());
        name
    }

    fn declare(&mut self, name: &str, dims: Vec<Dimension>) {
        if let Some(part) = self.parts.last_mut() {
            part.infos.push(info(name, FLOAT, dims));
        }
    }

    fn push(&mut self, node: NodeProto, outermost: bool) {
        let part = if outermost { self.parts.first_mut() } else { self.parts.last_mut() };
        if let Some(part) = part {
            part.nodes.push(node);
        }
    }

    /// Appends a node whose tensor has that name.
    pub fn named(&mut self, op: &str, inputs: &[&str], attribute: Vec<AttributeProto>, name: &str) {
        self.push(node_of(op, inputs, attribute, name), false);
    }

    /// Appends a node; gives its tensor.
    pub fn add(&mut self, op: &str, inputs: &[&str], attribute: Vec<AttributeProto>, title: &str) -> String {
        let name = self.fresh(title);
        self.named(op, inputs, attribute, &name);
        name
    }

    /// [`Writer::add`], with the shape of what the node makes.
    pub fn shaped(&mut self, op: &str, inputs: &[&str], more: Vec<AttributeProto>, title: &str, of: &Shape) -> String {
        let name = self.add(op, inputs, more, title);
        self.declare(&name, dims(of));
        name
    }

    /// A tensor that is made once, outside of all loops, of what is known there.
    pub fn once(&mut self, op: &str, inputs: &[&str], attribute: Vec<AttributeProto>, title: &str) -> String {
        if let Some(known) = self.shared.get(title) {
            return known.clone();
        }
        let name = self.fresh(title);
        self.push(node_of(op, inputs, attribute, &name), true);
        self.shared.insert(title.to_owned(), name.clone());
        name
    }

    /// A constant, which is there once.
    pub fn constant(&mut self, title: &str, make: impl FnOnce(&str) -> TensorProto) -> String {
        if let Some(known) = self.shared.get(title) {
            return known.clone();
        }
        let name = self.fresh(title);
        self.constants.push(make(&name));
        self.shared.insert(title.to_owned(), name.clone());
        name
    }

    pub fn number(&mut self, x: f64) -> String {
        self.constant(&format!("{x:?}"), |name| floats(name, &[], [x as f32]))
    }

    pub fn whole(&mut self, n: usize) -> String {
        self.constant(&format!("whole {n}"), |name| wholes(name, &[], &[n as i64]))
    }

    /// A list of whole numbers.
    pub fn wholes(&mut self, list: &[i64]) -> String {
        self.constant(&format!("{list:?}"), |name| wholes(name, &[list.len()], list))
    }

    /// The tensor of a parameter at the step at hand.
    pub fn param(&mut self, id: ParamId) -> String {
        match self.steps.last().cloned() {
            Some(Step::At(step)) => self.initialiser(self.net.version(id, step)),
            Some(Step::Each(count)) if self.net.per_step.contains_key(&id) => {
                let axes = self.wholes(&[0]);
                let versions = self.net.versions(id);
                let names: Vec<String> = versions.iter().map(|id| self.initialiser(*id)).collect();
                let all: Vec<String> = names
                    .iter()
                    .map(|name| self.once("Unsqueeze", &[name, &axes], Vec::new(), &format!("{name}[None]")))
                    .collect();
                let all: Vec<&str> = all.iter().map(String::as_str).collect();
                let axis = || vec![super::parts::int("axis", 0)];
                let title = format!("{}@all", names[0]);
                let all = self.once("Concat", &all, axis(), &title);
                self.add("Gather", &[&all, &count], axis(), &format!("{}@step", names[0]))
            }
            Some(Step::Each(_)) | None => self.initialiser(id),
        }
    }

    fn initialiser(&mut self, id: ParamId) -> String {
        let name = self.net.param(id).name.clone();
        self.params.insert(name.clone(), id);
        name
    }
}

pub fn node_of(op: &str, inputs: &[&str], attribute: Vec<AttributeProto>, name: &str) -> NodeProto {
    let input = inputs.iter().map(|name| (*name).to_owned()).collect();
    let (output, name) = (vec![name.to_owned()], name.to_owned());
    NodeProto { input, output, name, op_type: op.to_owned(), attribute }
}

/// Finds for each value without a name the equation that it is part of, and the values that states start from.
fn name_equations(body: &[Stmt], equations: &mut BTreeMap<Value, String>, starts: &mut BTreeSet<Value>) {
    let mut equation: Option<&String> = None;
    let mut states: BTreeMap<Value, &str> = BTreeMap::new();
    for stmt in body.iter().rev() {
        match stmt {
            Stmt::Loop(looped) => {
                equation = None;
                states.extend(looped.states.iter().map(|state| (state.init, state.name.as_str())));
                name_equations(&looped.body, equations, starts);
            }
            Stmt::Node(node) => {
                if let Some(name) = &node.name {
                    equation = Some(name);
                    if states.get(&node.value) == Some(&name.as_str()) && !matches!(node.op, Op::Number(_)) {
                        starts.insert(node.value);
                    }
                } else if let Some(name) = equation {
                    equations.insert(node.value, name.clone());
                }
            }
        }
    }
}
