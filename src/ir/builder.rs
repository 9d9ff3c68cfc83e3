//! Appends primitives, and checks and computes each shape as it does.

use super::{
    Binary, Fault, Init, Net, Node, Op, Padding, Param, ParamClass, ParamId, Penalty, Pool, Reduce, Region, Role,
    Shape, State, Step, Unary, Value,
};
use std::collections::BTreeMap;

/// The most numbers one tensor may hold, of one image: 4 GB in single precision.
const LIMIT: usize = 1 << 30;

/// A net in the making.
#[derive(Debug)]
pub struct Builder {
    params: Vec<Param>,
    by_name: BTreeMap<String, ParamId>,
    shapes: Vec<Shape>,
    /// The body being appended to is the last one; those before it wait for their loop to end.
    bodies: Vec<Vec<Step>>,
    warnings: Vec<Fault>,
}

/// A loop in the making: its body is the builder's until [`Builder::end_loop`].
#[derive(Debug)]
pub struct LoopBuilder {
    name: String,
    steps: usize,
    states: Vec<(String, Value, Value)>,
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
            warnings: Vec::new(),
        }
    }

    pub fn shape(&self, value: Value) -> &Shape {
        &self.shapes[value.0]
    }

    pub fn params(&self) -> &[Param] {
        &self.params
    }

    /// What is questionable about the primitives appended since this was last asked.
    pub fn take_warnings(&mut self) -> Vec<Fault> {
        std::mem::take(&mut self.warnings)
    }

    /// Ends the net.
    pub fn finish(
        mut self,
        name: String,
        input: String,
        output: (String, Value),
        classes: usize,
        penalties: Vec<Penalty>,
    ) -> Net {
        let Shape::Map(image) = self.shapes[0] else { unreachable!("a builder starts with a map") };
        let body = self.bodies.pop().unwrap_or_default();
        let values = self.shapes.len();
        Net { name, input: (input, image), params: self.params, body, output, classes, penalties, values }
    }

    /// The parameter of that name: made at its first use, shared by every later one.
    pub fn param(&mut self, name: &str, shape: &[usize], init: Init, class: ParamClass) -> Result<ParamId, Fault> {
        self.own(Param::new(name, shape, init, class))
    }

    /// The same for a parameter that training is bound by.
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

    /// Gives every parameter of an owner, and of the layers inside of it, the role of the arm it drives.
    pub fn set_role(&mut self, owner: &str, role: Role) {
        let inside = |name: &str| name.strip_prefix(owner).is_some_and(|rest| rest.starts_with('.'));
        for param in self.params.iter_mut().filter(|param| inside(&param.name)) {
            param.role = Some(role);
        }
    }

    /// Names a value after its equation. The image and what a loop hands on keep the names they have.
    pub fn name(&mut self, value: Value, name: &str) {
        let node = self.bodies.last_mut().and_then(|body| {
            body.iter_mut().rev().find_map(|step| match step {
                Step::Node(node) if node.value == value => Some(node),
                _ => None,
            })
        });
        if let Some(node) = node {
            node.name.get_or_insert_with(|| name.to_owned());
        }
    }

    pub fn read(&mut self, param: ParamId) -> Value {
        let shape = Shape::Weight(self.params[param.0].shape.clone());
        self.append(Op::Param(param), shape)
    }

    pub fn number(&mut self, x: f64) -> Value {
        self.append(Op::Number(x), Shape::Scalar)
    }

    /// `x` is `[in, H, W]`, the weight `[out, in, k, k]`.
    pub fn conv(&mut self, x: Value, weight: ParamId, bias: Option<ParamId>, stride: usize, padding: Padding) -> Made {
        let [channels, height, width] = self.map(x)?;
        let dims = &self.params[weight.0].shape;
        let (out, from, kernel) = (dims[0], dims[1], dims[2]);
        if from != channels {
            return Err(Fault::Channels { expected: from, found: self.shape(x).clone() });
        }
        if padding == Padding::Same && kernel.is_multiple_of(2) {
            return Err(Fault::EvenKernel { kernel });
        }
        let pad = 2 * padding.pixels(kernel);
        let [height, width] = windows([height + pad, width + pad], [kernel, kernel], stride).ok_or(Fault::Window {
            kernel,
            height,
            width,
        })?;
        self.append_checked(Op::Conv { x, weight, bias, stride, padding }, [out, height, width])
    }

    /// `x` is `[in]`, the weight `[out, in]`.
    pub fn dense(&mut self, x: Value, weight: ParamId, bias: Option<ParamId>) -> Made {
        let (out, from) = (self.params[weight.0].shape[0], self.params[weight.0].shape[1]);
        match *self.shape(x) {
            Shape::Vector(n) if n == from => Ok(self.append(Op::Dense { x, weight, bias }, Shape::Vector(out))),
            Shape::Vector(_) => Err(Fault::Channels { expected: from, found: self.shape(x).clone() }),
            _ => Err(Fault::Wanted { wanted: "a vector", found: self.shape(x).clone() }),
        }
    }

    pub fn pool(&mut self, kind: Pool, x: Value, kernel: [usize; 2], stride: usize) -> Made {
        let [channels, height, width] = self.map(x)?;
        let out = windows([height, width], kernel, stride);
        let [rows, columns] = out.ok_or(Fault::Window { kernel: kernel[0], height, width })?;
        let beyond = |size: usize, n: usize, k: usize| size.saturating_sub((n - 1) * stride + k);
        let (below, beside) = (beyond(height, rows, kernel[0]), beyond(width, columns, kernel[1]));
        if below > 0 || beside > 0 {
            let (rows, columns) = (below, beside);
            self.warnings.push(Fault::Dropped { height, width, kernel: kernel[0], stride, rows, columns });
        }
        self.append_checked(Op::Pool { kind, x, kernel, stride }, [channels, rows, columns])
    }

    /// The parameters are `[C]` each: scale, shift, running mean, running variance.
    pub fn batch_norm(&mut self, x: Value, params: [ParamId; 4], epsilon: f64, momentum: f64) -> Made {
        let dims = self.map(x)?;
        let [scale, shift, mean, variance] = params;
        let op = Op::BatchNorm { x, scale, shift, mean, variance, epsilon, momentum };
        Ok(self.append(op, Shape::Map(dims)))
    }

    pub fn dropout(&mut self, x: Value, rate: f64) -> Made {
        let shape = self.shape(x).clone();
        if !shape.per_image() {
            return Err(Fault::Wanted { wanted: "a feature map or a vector", found: shape });
        }
        Ok(self.append(Op::Dropout { x, rate }, shape))
    }

    pub fn unary(&mut self, f: Unary, x: Value) -> Value {
        let shape = self.shape(x).clone();
        self.append(Op::Unary { f, x }, shape)
    }

    pub fn binary(&mut self, f: Binary, left: Value, right: Value) -> Made {
        let shape = match (self.shape(left), self.shape(right)) {
            (a, b) if a == b => a.clone(),
            (a, Shape::Scalar) => a.clone(),
            (Shape::Scalar, b) => b.clone(),
            (Shape::Map(dims), Shape::Weight(w)) | (Shape::Weight(w), Shape::Map(dims)) if *w == [dims[0]] => {
                Shape::Map(*dims)
            }
            (a, b) => return Err(Fault::Unequal { left: a.clone(), right: b.clone() }),
        };
        Ok(self.append(Op::Binary { f, left, right }, shape))
    }

    pub fn reduce(&mut self, f: Reduce, x: Value) -> Value {
        self.append(Op::Reduce { f, x }, Shape::Scalar)
    }

    /// A map as a vector; a vector stays as it is.
    pub fn flatten(&mut self, x: Value) -> Made {
        match *self.shape(x) {
            Shape::Vector(_) => Ok(x),
            Shape::Map(dims) => Ok(self.append(Op::Flatten { x }, Shape::Vector(dims.iter().product()))),
            _ => Err(Fault::Wanted { wanted: "a feature map", found: self.shape(x).clone() }),
        }
    }

    /// Maps of one height and width, or vectors, one after the other.
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
        let current = states.iter().map(|(_, _, current)| *current).collect();
        (LoopBuilder { name: name.to_owned(), steps, states }, current)
    }

    /// Closes a loop with each state's next value. Gives each state's value after the last step, or the first state
    /// that does not map onto itself.
    pub fn end_loop(&mut self, open: LoopBuilder, next: &[Value]) -> Result<Vec<Value>, (usize, Fault)> {
        let body = self.bodies.pop().unwrap_or_default();
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
        self.push(Step::Loop(Region { name: open.name, steps: open.steps, states, body }));
        Ok(last)
    }

    /// Leaves a loop that cannot be closed, and forgets its body.
    pub fn drop_loop(&mut self, _open: LoopBuilder) {
        self.bodies.pop();
    }

    fn map(&self, x: Value) -> Result<[usize; 3], Fault> {
        match *self.shape(x) {
            Shape::Map(dims) => Ok(dims),
            _ => Err(Fault::Wanted { wanted: "a feature map", found: self.shape(x).clone() }),
        }
    }

    fn append_checked(&mut self, op: Op, dims: [usize; 3]) -> Made {
        fits(&dims, || "a feature map".to_owned())?;
        Ok(self.append(op, Shape::Map(dims)))
    }

    fn append(&mut self, op: Op, shape: Shape) -> Value {
        let value = self.value(shape.clone());
        self.push(Step::Node(Node { value, op, shape, name: None }));
        value
    }

    fn push(&mut self, step: Step) {
        if let Some(body) = self.bodies.last_mut() {
            body.push(step);
        }
    }

    fn value(&mut self, shape: Shape) -> Value {
        self.shapes.push(shape);
        Value(self.shapes.len() - 1)
    }
}

/// How many windows fit along each side, or none if one side is shorter than the window.
fn windows(size: [usize; 2], kernel: [usize; 2], stride: usize) -> Option<[usize; 2]> {
    let along = |size: usize, kernel: usize| size.checked_sub(kernel).map(|room| room / stride.max(1) + 1);
    Some([along(size[0], kernel[0])?, along(size[1], kernel[1])?])
}

/// Refuses what no computer should be asked to hold.
fn fits(dims: &[usize], what: impl Fn() -> String) -> Result<(), Fault> {
    match dims.iter().try_fold(1usize, |product, dim| product.checked_mul(*dim)) {
        Some(len) if len <= LIMIT => Ok(()),
        _ => {
            let numbers = dims.iter().fold(1u128, |product, dim| product.saturating_mul(*dim as u128));
            Err(Fault::TooLarge { what: format!("{} of {dims:?}", what()), numbers, limit: LIMIT })
        }
    }
}
