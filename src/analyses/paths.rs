//! How values of a net depend on one another: which states stand behind a value, and which bundles drive it.

use lcnnc_lang::ir::flow::shapes;
use lcnnc_lang::ir::{Binary, Net, Node, Op, ParamId, Shape, State, Unary, Value, Visit};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How far a value is from the image where no image reaches it.
const NEVER: usize = usize::MAX;

/// The way of a bundle from an area onto itself.
#[derive(Clone, Debug)]
pub struct Way {
    /// The name of the state, or of the value, that the bundle leads from.
    pub name: Option<String>,
    /// What the bundle's result is calculated with on its way, the nearest first, and what the bundle reads last.
    beside: Vec<Value>,
    /// The value of the area before its loop, if it has one.
    init: Option<[Value; 2]>,
    /// Bundles between the image and the area.
    near: usize,
}

/// The values of a net with what each is made of.
pub struct Paths<'n> {
    net: &'n Net,
    nodes: BTreeMap<Value, &'n Node>,
    states: Vec<&'n State>,
    /// What each value is made of, or handed on from; nothing for states, which are of the step before.
    made_of: BTreeMap<Value, Vec<Value>>,
    readers: BTreeMap<Value, Vec<Value>>,
    shapes: Vec<Shape>,
    /// Values of the bodies of loops.
    looped: BTreeSet<Value>,
    /// The least number of bundles between the image and each value.
    near: Vec<usize>,
}

impl<'n> Paths<'n> {
    pub fn of(net: &'n Net) -> Self {
        let (mut made_of, mut looped, mut depth) = (BTreeMap::new(), BTreeSet::new(), 0);
        for visit in net.walk() {
            match visit {
                Visit::Node(node) => {
                    made_of.insert(node.value, node.op.reads());
                    looped.extend((depth > 0).then_some(node.value));
                }
                Visit::Enter(_) => depth += 1,
                Visit::Leave(end) => {
                    depth -= 1;
                    made_of.extend(end.states.iter().map(|state| (state.last, vec![state.next])));
                    made_of.extend(end.taps.iter().map(|tap| (tap.outer, vec![tap.inner])));
                }
            }
        }
        let states: Vec<&State> = net.loops().flat_map(|looped| &looped.states).collect();
        let mut readers: BTreeMap<Value, Vec<Value>> = BTreeMap::new();
        let handed_on = made_of.iter().flat_map(|(value, reads)| reads.iter().map(|read| (*read, *value)));
        let begun = states.iter().map(|state| (state.init, state.current));
        handed_on.chain(begun).for_each(|(from, to)| readers.entry(from).or_default().push(to));
        let nodes = net.nodes().map(|node| (node.value, node)).collect();
        let mut paths = Self { net, nodes, states, made_of, readers, shapes: shapes(net), looped, near: Vec::new() };
        paths.near = paths.distances();
        paths
    }

    pub fn is_looped(&self, value: Value) -> bool {
        self.looped.contains(&value)
    }

    pub fn shape(&self, value: Value) -> &Shape {
        &self.shapes[value.0]
    }

    /// Bundles on the shortest way from the image to each value.
    fn distances(&self) -> Vec<usize> {
        let mut near = vec![NEVER; self.net.values];
        near[Value::INPUT.0] = 0;
        let begun = self.states.iter().map(|state| (state.current, vec![state.init, state.next]));
        let edges: Vec<(Value, Vec<Value>)> = self.made_of.clone().into_iter().chain(begun).collect();
        // A way through a loop comes back to a value of before, so it takes a turn for each state at most.
        for _ in 0..=self.states.len() {
            for (value, from) in &edges {
                let nearest = from.iter().map(|from| near[from.0]).min().unwrap_or(NEVER);
                let own = nearest.saturating_add(usize::from(self.bundle(*value).is_some()));
                near[value.0] = near[value.0].min(own);
            }
        }
        near
    }

    /// The kernels by which a value is made, if a layer makes it, and what the layer reads.
    fn bundle(&self, value: Value) -> Option<(ParamId, Value)> {
        self.nodes.get(&value)?.op.kernels().map(|layer| (layer.weight, layer.x))
    }

    /// All that values are made of, themselves included: as far as those at which `is_end` says so.
    fn behind(&self, from: &[Value], is_end: impl Fn(Value) -> bool) -> BTreeSet<Value> {
        let (mut seen, mut ahead) = (BTreeSet::new(), from.to_vec());
        while let Some(value) = ahead.pop() {
            if seen.insert(value) && !is_end(value) {
                ahead.extend(self.made_of.get(&value).into_iter().flatten());
            }
        }
        seen
    }

    /// The ways from a layer's result, which it makes of `x`, into the next values of states that stand behind `x`.
    pub fn ways(&self, result: Value, x: Value) -> Vec<Way> {
        let is_border = |value: Value| self.states.iter().any(|state| [state.current, state.next].contains(&value));
        let sources = self.behind(&[x], is_border);
        let is_source = |state: &&&State| sources.contains(&state.current) || sources.contains(&state.next);
        let mut ways = Vec::new();
        for state in self.states.iter().filter(is_source) {
            let is_end = |value: Value| value != state.next && is_border(value) || self.bundle(value).is_some();
            let mut own = self.behind(&[state.next], is_end);
            // What is handed over by another state is that one's.
            own.retain(|value| *value == state.next || !is_border(*value));
            if let Some(beside) = self.onward(result, state.next, &own) {
                ways.push(Way {
                    name: Some(state.name.clone()),
                    beside: beside.into_iter().chain([x]).collect(),
                    init: Some([state.current, state.init]),
                    near: self.near[state.next.0],
                });
            }
        }
        ways
    }

    /// What a layer's result is calculated with on its way to a value, if it is added into it: one that merely opens or closes a gate,
    /// which is a sigmoid that something is multiplied by, is not.
    fn onward(&self, result: Value, target: Value, own: &BTreeSet<Value>) -> Option<Vec<Value>> {
        let (mut seen, mut beside) = (BTreeSet::new(), Vec::new());
        let mut ahead = VecDeque::from([(result, false)]);
        let mut is_reached = false;
        while let Some((value, is_gate)) = ahead.pop_front() {
            if !own.contains(&value) || !seen.insert((value, is_gate)) {
                continue;
            }
            if value == target {
                is_reached = true;
                continue;
            }
            for reader in self.readers.get(&value).into_iter().flatten() {
                let is_sigmoid = |node: &Node| matches!(node.op, Op::Unary { f: Unary::Sigmoid, .. });
                let node = self.nodes.get(reader);
                if let Some(Node { op: Op::Binary { f, left, right }, .. }) = node {
                    let other = if *left == value { *right } else { *left };
                    let is_data = self.shape(other).per_image();
                    if is_gate && is_data && *f == Binary::Mul {
                        continue;
                    }
                    beside.push(other);
                }
                ahead.push_back((*reader, is_gate || node.is_some_and(|node| is_sigmoid(node))));
            }
        }
        is_reached.then_some(beside)
    }

    /// The way of a layer outside of loops, from a value onto maps of the same size.
    pub fn through(&self, x: Value) -> Way {
        let name = self.net.names().get(&x).map(|name| name.strip_suffix('\'').unwrap_or(name).to_owned());
        Way { name, beside: vec![x], init: None, near: self.near[x.0] }
    }

    /// The bundle that drives the same maps from below: of those that are meant the nearest to the image, which is nearer to it than
    /// the area is, and of equals the first.
    pub fn below(&self, way: &Way, is_meant: &dyn Fn(ParamId) -> bool) -> Option<ParamId> {
        let is_border =
            |value: Value| self.bundle(value).is_some() || self.states.iter().any(|state| state.current == value);
        way.beside.iter().find_map(|beside| {
            let mut behind = self.behind(&[*beside], is_border);
            // What the area is before its first step drives it too.
            if let Some([_, init]) = way.init.filter(|[current, _]| behind.contains(current)) {
                behind.extend(self.behind(&[init], is_border));
            }
            let bundles = behind.into_iter().filter_map(|value| self.bundle(value));
            let below = bundles.filter(|(id, x)| self.near[x.0] < way.near && is_meant(*id));
            below.map(|(id, x)| (self.near[x.0], id)).min().map(|(_, id)| id)
        })
    }
}
