//! A net in which the channels of a named value are multiplied each with a number, wherever the value is read.

use super::{Binary, Init, Net, Node, Op, Param, ParamClass, ParamId, Shape, State, Stmt, Value};
use std::collections::BTreeSet;

impl Net {
    /// The net in which a value of that name, as [`Net::traced`] has it, is multiplied channel by channel with a new parameter called
    /// `mask`, of the shape `[channels]`: at every step, before anything reads the value. Of a state, its first value is too, where
    /// the loop reads it; what the state begins with stays as it is for all other readers. None if no value of the net that is
    /// there once for each image has that name.
    ///
    /// Where the equation of a state is nothing but the name of another equation, `O' = h`, both are one value, and `h` has the
    /// mask as well.
    pub fn masked(&self, name: &str, mask: &str) -> Option<Net> {
        let mut net = self.clone();
        let traced = self.traced().into_iter().find(|traced| traced.name == name && traced.shape.per_image())?;
        net.params.push(Param::new(mask, &[traced.shape.channels()], Init::Constant(1.0), ParamClass::Kernel));
        let mask = ParamId(self.params.len());
        let mut masker = Masker { name, mask, values: net.values, nexts: BTreeSet::new(), done: BTreeSet::new() };
        net.body = masker.body(net.body);
        net.values = masker.values;
        Some(net)
    }
}

/// Walks through statements and puts products in.
struct Masker<'a> {
    name: &'a str,
    mask: ParamId,
    /// How many values there are.
    values: usize,
    /// The next values of the states that are meant.
    nexts: BTreeSet<Value>,
    /// The values that are products already.
    done: BTreeSet<Value>,
}

impl Masker<'_> {
    fn body(&mut self, stmts: Vec<Stmt>) -> Vec<Stmt> {
        let mut out = Vec::with_capacity(stmts.len());
        for stmt in stmts {
            match stmt {
                Stmt::Node(node) if self.is_meant(&node) => self.node(node, &mut out),
                Stmt::Node(node) => out.push(Stmt::Node(node)),
                Stmt::Loop(mut looped) => {
                    let name = self.name;
                    let is_meant = |state: &&mut State| state.name == name;
                    for state in looped.states.iter_mut().filter(is_meant) {
                        state.init = self.product(state.init, &state.shape, &mut out);
                        self.nexts.insert(state.next);
                    }
                    looped.body = self.body(looped.body);
                    // What no equation of the body makes is multiplied at its end.
                    for state in looped.states.iter_mut().filter(is_meant) {
                        let next = self.product(state.next, &state.shape, &mut looped.body);
                        let of_state = |tap: &str| tap.split_once('@').is_some_and(|(of, _)| of == name);
                        for tap in looped.taps.iter_mut().filter(|tap| tap.inner == state.next && of_state(&tap.name)) {
                            tap.inner = next;
                        }
                        state.next = next;
                    }
                    out.push(Stmt::Loop(looped));
                }
            }
        }
        out
    }

    fn is_meant(&self, node: &Node) -> bool {
        let is_named = node.name.as_ref().is_some_and(|name| name.strip_suffix('\'').unwrap_or(name) == self.name);
        (is_named || self.nexts.contains(&node.value)) && node.shape.per_image()
    }

    /// Appends a node and its product. The product takes over the number and the name, so that every reader reads it.
    fn node(&mut self, node: Node, out: &mut Vec<Stmt>) {
        let (value, name, shape) = (node.value, node.name.clone(), node.shape.clone());
        let plain = self.value();
        out.push(Stmt::Node(Node { value: plain, name: None, ..node }));
        self.times(plain, (value, name), &shape, out);
    }

    /// The product of a value, appended unless the value is one.
    fn product(&mut self, value: Value, shape: &Shape, out: &mut Vec<Stmt>) -> Value {
        if self.done.contains(&value) {
            return value;
        }
        let product = self.value();
        self.times(value, (product, None), shape, out);
        product
    }

    fn times(&mut self, plain: Value, (value, name): (Value, Option<String>), shape: &Shape, out: &mut Vec<Stmt>) {
        let mask = self.value();
        let weight = Shape::Weight(vec![shape.channels()]);
        out.push(Stmt::Node(Node { value: mask, op: Op::Param(self.mask), shape: weight, name: None }));
        let op = Op::Binary { f: Binary::Mul, left: plain, right: mask };
        out.push(Stmt::Node(Node { value, op, shape: shape.clone(), name }));
        self.done.insert(value);
    }

    fn value(&mut self) -> Value {
        self.values += 1;
        Value(self.values - 1)
    }
}
