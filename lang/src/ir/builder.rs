//! The builder of nets, which checks and computes each shape as it appends a primitive.

mod layers;

pub use layers::left_over;

use super::{
    Binary, Fault, Init, Loop, Net, Node, Op, Output, Param, ParamClass, ParamId, Penalty, Reduce, Role, Shape, State,
    Stmt, Tap, Unary, Value,
};
use crate::limits::MAX_NUMBERS;
use std::collections::BTreeMap;

const PER_IMAGE: &str = "a feature map or a vector";

/// A net in the making.
#[derive(Debug)]
pub struct Builder {
    params: Vec<Param>,
    by_name: BTreeMap<String, ParamId>,
    shapes: Vec<Shape>,
    /// The bodies that are open: the last one is appended to, and those before it wait for their loop to end.
    bodies: Vec<Vec<Stmt>>,
    /// The number of steps of each open loop, outermost first.
    steps: Vec<usize>,
    per_step: BTreeMap<ParamId, Vec<ParamId>>,
    warnings: Vec<Fault>,
}

/// A loop in the making: its body is the builder's until [`Builder::end_loop`].
#[derive(Debug)]
pub struct LoopBuilder {
    name: String,
    steps: usize,
    states: Vec<(String, Value, Value)>,
}

/// A loop that is closed, while the body that it stands in is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoopId {
    body: usize,
    stmt: usize,
}

type Made = Result<Value, Fault>;

impl Builder {
    /// Starts a net for images of that shape, which become [`Value::INPUT`].
    pub fn new(image: [usize; 3]) -> Self {
        Self {
            params: Vec::new(),
            by_name: BTreeMap::new(),
            shapes: vec![Shape::Map(image)],
            bodies: vec![Vec::new()],
            steps: Vec::new(),
            per_step: BTreeMap::new(),
            warnings: Vec::new(),
        }
    }

    /// The shape of a value.
    pub fn shape(&self, value: Value) -> &Shape {
        &self.shapes[value.0]
    }

    /// The parameters so far.
    pub fn params(&self) -> &[Param] {
        &self.params
    }

    /// The number of values so far.
    pub fn len(&self) -> usize {
        self.shapes.len()
    }

    /// Whether there is no value yet, which is never: the image is one.
    pub fn is_empty(&self) -> bool {
        self.shapes.is_empty()
    }

    /// Hands out what is questionable about the primitives appended since this was last asked.
    pub fn take_warnings(&mut self) -> Vec<Fault> {
        std::mem::take(&mut self.warnings)
    }

    /// Ends the net, whose body is all that was appended.
    pub fn finish(
        mut self,
        name: String,
        input: String,
        output: Output,
        classes: usize,
        penalties: Vec<Penalty>,
    ) -> Net {
        let Shape::Map(image) = self.shapes[0] else { unreachable!("a builder starts with a map") };
        let body = self.bodies.pop().unwrap_or_default();
        let values = self.shapes.len();
        Net {
            name,
            input: (input, image),
            params: self.params,
            per_step: self.per_step,
            body,
            output,
            classes,
            penalties,
            separated: Vec::new(),
            values,
        }
    }

    /// The parameter of that name, made at its first use and shared by every later one.
    pub fn param(&mut self, name: &str, shape: &[usize], init: Init, class: ParamClass) -> Result<ParamId, Fault> {
        self.own(Param::new(name, shape, init, class))
    }

    /// The parameter of this one's name, made at its first use and shared by every later one, with whatever binds it in
    /// training.
    pub fn own(&mut self, param: Param) -> Result<ParamId, Fault> {
        if let Some(known) = self.by_name.get(&param.name) {
            return Ok(*known);
        }
        fits(&param.shape, || format!("`{}`", param.name))?;
        let id = ParamId(self.params.len());
        self.by_name.insert(param.name.clone(), id);
        self.params.push(param);
        Ok(id)
    }

    /// The parameter of that name, if something has used it.
    pub fn find(&self, name: &str) -> Option<ParamId> {
        self.by_name.get(name).copied()
    }

    /// The number of steps of the innermost loop that is appended to; none outside all loops.
    pub fn steps(&self) -> Option<usize> {
        self.steps.last().copied()
    }

    /// Makes several parameters, one for each step, versions of one. The body names the first, which is given back.
    pub fn vary(&mut self, each: Vec<ParamId>) -> Result<ParamId, Fault> {
        let first = *each.first().ok_or(Fault::Stepless)?;
        let here = each.len();
        let known = self.per_step.entry(first).or_insert(each).len();
        if known == here { Ok(first) } else { Err(Fault::Steps { known, here }) }
    }

    /// The parameters that stand for a parameter at each step: its versions, or itself alone if it has none.
    pub fn versions(&self, param: ParamId) -> Vec<ParamId> {
        self.per_step.get(&param).cloned().unwrap_or_else(|| vec![param])
    }

    /// Gives a role to every parameter of an owner and of the layers inside it.
    pub fn set_role(&mut self, owner: &str, role: Role) {
        let inside = format!("{owner}.");
        for (_, id) in self.by_name.range(inside.clone()..).take_while(|(name, _)| name.starts_with(&inside)) {
            self.params[id.0].role = Some(role);
        }
    }

    /// Names a value after its equation. The image, and what a loop hands on, keep the names that they have.
    pub fn name(&mut self, value: Value, name: &str) {
        let node = self.bodies.last_mut().and_then(|body| {
            body.iter_mut().rev().find_map(|stmt| match stmt {
                Stmt::Node(node) if node.value == value => Some(node),
                _ => None,
            })
        });
        if let Some(node) = node {
            node.name.get_or_insert_with(|| name.to_owned());
        }
    }

    /// Appends a parameter as a value.
    pub fn read(&mut self, param: ParamId) -> Value {
        let shape = Shape::Weight(self.params[param.0].shape.clone());
        self.append(Op::Param(param), shape)
    }

    /// Appends a number.
    pub fn number(&mut self, x: f64) -> Value {
        self.append(Op::Number(x), Shape::Scalar)
    }

    /// Appends zeros of that shape for each image.
    pub fn zeros(&mut self, shape: Shape) -> Made {
        match &shape {
            Shape::Map(dims) => fits(dims, || "a feature map".to_owned())?,
            Shape::Vector(n) => fits(&[*n], || "a vector".to_owned())?,
            Shape::Weight(_) | Shape::Scalar => return Err(Fault::Wanted { wanted: PER_IMAGE, found: shape }),
        }
        Ok(self.append(Op::Zeros, shape))
    }

    /// Appends dropout with probability `rate`.
    pub fn dropout(&mut self, x: Value, rate: f64) -> Made {
        let shape = self.per_image(x)?;
        Ok(self.append(Op::Dropout { x, rate }, shape))
    }

    /// Appends a function of each entry.
    pub fn unary(&mut self, f: Unary, x: Value) -> Value {
        let shape = self.shape(x).clone();
        self.append(Op::Unary { f, x }, shape)
    }

    /// Appends an operation of two values, whose shapes must be equal or go together as [`Op::Binary`] says.
    pub fn binary(&mut self, f: Binary, left: Value, right: Value) -> Made {
        let shape = match (self.shape(left), self.shape(right)) {
            (a, b) if a == b => a.clone(),
            (a, Shape::Scalar) => a.clone(),
            (Shape::Scalar, b) => b.clone(),
            (x, Shape::Weight(w)) | (Shape::Weight(w), x) if x.per_image() && *w == [x.channels()] => x.clone(),
            (a, b) => return Err(Fault::Unequal { left: a.clone(), right: b.clone() }),
        };
        Ok(self.append(Op::Binary { f, left, right }, shape))
    }

    /// Appends a reduction of all entries to one number.
    pub fn reduce(&mut self, f: Reduce, x: Value) -> Value {
        self.append(Op::Reduce { f, x }, Shape::Scalar)
    }

    /// Appends a map as a vector; a vector stays as it is.
    pub fn flatten(&mut self, x: Value) -> Made {
        match *self.shape(x) {
            Shape::Vector(_) => Ok(x),
            Shape::Map(dims) => Ok(self.append(Op::Flatten { x }, Shape::Vector(dims.iter().product()))),
            _ => Err(Fault::Wanted { wanted: "a feature map", found: self.shape(x).clone() }),
        }
    }

    /// Appends maps of one height and width, or vectors, one behind the other along the channels.
    pub fn concat(&mut self, parts: Vec<Value>) -> Made {
        let first = self.shape(*parts.first().ok_or(Fault::Empty)?).clone();
        let mut channels: usize = 0;
        for part in &parts {
            let shape = self.shape(*part);
            let fits = match (&first, shape) {
                (Shape::Map([_, h, w]), Shape::Map([_, height, width])) => (h, w) == (height, width),
                (Shape::Vector(_), Shape::Vector(_)) => true,
                _ => false,
            };
            if !fits {
                return Err(Fault::Unequal { left: first, right: shape.clone() });
            }
            channels += shape.channels();
        }
        match first {
            Shape::Map([_, height, width]) => self.append_checked(Op::Concat { parts }, [channels, height, width]),
            _ => Ok(self.append(Op::Concat { parts }, Shape::Vector(channels))),
        }
    }

    /// Opens a loop: what is appended from here on is its body. Gives each state's value as the body reads it.
    pub fn begin_loop(&mut self, name: &str, steps: usize, states: Vec<(String, Value)>) -> (LoopBuilder, Vec<Value>) {
        let states: Vec<(String, Value, Value)> = states
            .into_iter()
            .map(|(name, init)| {
                let shape = self.shape(init).clone();
                (name, init, self.value(shape))
            })
            .collect();
        self.bodies.push(Vec::new());
        self.steps.push(steps);
        let current = states.iter().map(|(_, _, current)| *current).collect();
        (LoopBuilder { name: name.to_owned(), steps, states }, current)
    }

    /// Closes a loop with each state's next value. Gives each state's value after the last step, or the first state
    /// that does not map onto itself.
    pub fn end_loop(&mut self, open: LoopBuilder, next: &[Value]) -> Result<(LoopId, Vec<Value>), (usize, Fault)> {
        let body = self.bodies.pop().unwrap_or_default();
        self.steps.pop();
        let mut states = Vec::with_capacity(next.len());
        for (n, ((name, init, current), next)) in open.states.into_iter().zip(next).enumerate() {
            let (left, right) = (self.shape(current), self.shape(*next));
            if left != right {
                return Err((n, Fault::Unequal { left: left.clone(), right: right.clone() }));
            }
            let shape = left.clone();
            let last = self.value(shape.clone());
            states.push(State { name, shape, init, current, next: *next, last });
        }
        let last = states.iter().map(|state| state.last).collect();
        let stmt = self.bodies.last().map_or(0, Vec::len);
        let id = LoopId { body: self.bodies.len().saturating_sub(1), stmt };
        self.push(Stmt::Loop(Loop { name: open.name, steps: open.steps, states, body, taps: Vec::new() }));
        Ok((id, last))
    }

    /// A value of a closed loop's body at a step, from 1, for whatever stands behind the loop.
    pub fn tap(&mut self, id: LoopId, inner: Value, step: usize, name: &str) -> Value {
        let shape = self.shape(inner).clone();
        let outer = Value(self.shapes.len());
        if let Some(Stmt::Loop(looped)) = self.bodies.get_mut(id.body).and_then(|body| body.get_mut(id.stmt)) {
            if let Some(known) = looped.taps.iter().find(|tap| (tap.inner, tap.step) == (inner, step)) {
                return known.outer;
            }
            looped.taps.push(Tap { name: name.to_owned(), inner, step, outer });
        }
        self.value(shape)
    }

    /// Leaves a loop that cannot be closed, and forgets its body.
    pub fn drop_loop(&mut self, _open: LoopBuilder) {
        self.bodies.pop();
        self.steps.pop();
    }

    fn map(&self, x: Value) -> Result<[usize; 3], Fault> {
        match *self.shape(x) {
            Shape::Map(dims) => Ok(dims),
            _ => Err(Fault::Wanted { wanted: "a feature map", found: self.shape(x).clone() }),
        }
    }

    fn per_image(&self, x: Value) -> Result<Shape, Fault> {
        let found = self.shape(x).clone();
        if found.per_image() { Ok(found) } else { Err(Fault::Wanted { wanted: PER_IMAGE, found }) }
    }

    fn append_checked(&mut self, op: Op, dims: [usize; 3]) -> Made {
        fits(&dims, || "a feature map".to_owned())?;
        Ok(self.append(op, Shape::Map(dims)))
    }

    fn append(&mut self, op: Op, shape: Shape) -> Value {
        let value = self.value(shape.clone());
        self.push(Stmt::Node(Node { value, op, shape, name: None }));
        value
    }

    fn push(&mut self, stmt: Stmt) {
        if let Some(body) = self.bodies.last_mut() {
            body.push(stmt);
        }
    }

    fn value(&mut self, shape: Shape) -> Value {
        self.shapes.push(shape);
        Value(self.shapes.len() - 1)
    }
}

/// Refuses a tensor of more numbers than any computer should be asked to hold.
fn fits(dims: &[usize], what: impl Fn() -> String) -> Result<(), Fault> {
    match dims.iter().try_fold(1usize, |product, dim| product.checked_mul(*dim)) {
        Some(len) if len <= MAX_NUMBERS => Ok(()),
        _ => {
            let numbers = dims.iter().fold(1u128, |product, dim| product.saturating_mul(*dim as u128));
            Err(Fault::TooLarge { what: format!("{} of {dims:?}", what()), numbers, limit: MAX_NUMBERS })
        }
    }
}
