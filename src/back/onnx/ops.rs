//! Primitives without weights of their own, as nodes.

use super::graph::Writer;
use super::parts::{float, floats, int, ints, tensor, word};
use lcnnc_lang::ir::{Binary, Node, Op, Padding, Pool, Reduce, Shape, Unary, Upsampling, Value};

impl Writer<'_> {
    /// Appends what a node computes; gives the tensor of its value.
    pub fn computed(&mut self, node: &Node) -> String {
        let title = self.title(node);
        let shape = &node.shape;
        match &node.op {
            Op::Param(id) => self.param(*id),
            Op::Number(x) => self.number(*x),
            Op::Dropout { x, .. } => self.read(*x),
            Op::Zeros => self.zeros(shape),
            Op::Conv { .. }
            | Op::ConvTranspose { .. }
            | Op::Local { .. }
            | Op::Dense { .. }
            | Op::BatchNorm { .. }
            | Op::GroupNorm { .. } => self.layer(node, &title),
            Op::Pool { kind, x, kernel, stride, padding } => {
                self.pool(*kind, *x, (*kernel, *stride, *padding), &title, shape)
            }
            Op::Upsample { x, factor, mode } => {
                let (x, factor) = (self.read(*x), *factor as f32);
                let scales =
                    self.constant(&format!("x{factor}"), |name| floats(name, &[4], [1.0, 1.0, factor, factor]));
                let how = match mode {
                    Upsampling::Nearest => ["nearest", "asymmetric"],
                    Upsampling::Bilinear => ["linear", "half_pixel"],
                };
                let mut more = vec![word("mode", how[0]), word("coordinate_transformation_mode", how[1])];
                if *mode == Upsampling::Nearest {
                    more.push(word("nearest_mode", "floor"));
                }
                self.shaped("Resize", &[&x, "", &scales], more, &title, shape)
            }
            Op::Lrn { x, size, alpha, beta, k } => {
                let x = self.read(*x);
                let more = vec![int("size", *size), float("alpha", *alpha), float("beta", *beta), float("bias", *k)];
                self.shaped("LRN", &[&x], more, &title, shape)
            }
            Op::Unary { f, x } => self.unary(*f, *x, &title, shape),
            Op::Binary { f, left, right } => {
                let op = match f {
                    Binary::Add => "Add",
                    Binary::Sub => "Sub",
                    Binary::Mul => "Mul",
                    Binary::Div => "Div",
                };
                let operands = [self.matched(*left, *right), self.matched(*right, *left)];
                self.shaped(op, &[&operands[0], &operands[1]], Vec::new(), &title, shape)
            }
            Op::Reduce { f, x } => {
                let op = match f {
                    Reduce::Sum => "ReduceSum",
                    Reduce::Mean => "ReduceMean",
                    Reduce::Min => "ReduceMin",
                    Reduce::Max => "ReduceMax",
                };
                let x = self.read(*x);
                self.shaped(op, &[&x], vec![int("keepdims", 0)], &title, shape)
            }
            Op::Flatten { x } => {
                let x = self.read(*x);
                self.shaped("Flatten", &[&x], vec![int("axis", 1)], &title, shape)
            }
            Op::Concat { parts } => {
                let parts: Vec<String> = parts.iter().map(|part| self.read(*part)).collect();
                let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
                self.shaped("Concat", &parts, vec![int("axis", 1)], &title, shape)
            }
        }
    }

    fn unary(&mut self, f: Unary, x: Value, title: &str, shape: &Shape) -> String {
        let x = self.read(x);
        let op = match f {
            Unary::Negate => "Neg",
            Unary::Abs => "Abs",
            Unary::Exp => "Exp",
            Unary::Log => "Log",
            Unary::Sqrt => "Sqrt",
            Unary::Square => return self.shaped("Mul", &[&x, &x], Vec::new(), title, shape),
            Unary::Relu => "Relu",
            Unary::Tanh => "Tanh",
            Unary::Sigmoid => "Sigmoid",
            Unary::Softplus => "Softplus",
            Unary::Gelu => "Gelu",
        };
        self.shaped(op, &[&x], Vec::new(), title, shape)
    }

    /// An operand so that a number for each channel meets the channels of a map.
    fn matched(&mut self, value: Value, other: Value) -> String {
        let tensor = self.read(value);
        match (&self.shapes[value.0], &self.shapes[other.0]) {
            (Shape::Weight(_), Shape::Map(_)) => self.by_channel(&tensor),
            _ => tensor,
        }
    }

    /// A number for each channel as a map of one pixel.
    pub fn by_channel(&mut self, tensor: &str) -> String {
        let axes = self.wholes(&[1, 2]);
        self.add("Unsqueeze", &[tensor, &axes], Vec::new(), &format!("{tensor}[:, None, None]"))
    }

    /// Zeros for each image of the batch.
    fn zeros(&mut self, shape: &Shape) -> String {
        let image = self.net.input.0.clone();
        let batch = self.once("Shape", &[&image], vec![int("start", 0), int("end", 1)], "batch");
        let dims = match shape {
            Shape::Map(dims) => dims.to_vec(),
            Shape::Vector(_) | Shape::Weight(_) | Shape::Scalar => vec![shape.len()],
        };
        let dims: Vec<i64> = dims.into_iter().map(|dim| dim as i64).collect();
        let rest = self.wholes(&dims);
        let whole = self.once("Concat", &[&batch, &rest], vec![int("axis", 0)], &format!("[batch] + {dims:?}"));
        let zero = vec![tensor("value", floats("", &[1], [0.0]))];
        self.once("ConstantOfShape", &[&whole], zero, &format!("zeros {dims:?}"))
    }

    fn pool(
        &mut self,
        kind: Pool,
        x: Value,
        (kernel, stride, padding): ([usize; 2], usize, Padding),
        title: &str,
        shape: &Shape,
    ) -> String {
        let [_, height, width] = self.shapes[x.0].planes();
        let [down, across] = kernel.map(|side| padding.pixels(side));
        let x = self.read(x);
        if kernel == [height, width] && down + across == 0 {
            let op = if kind == Pool::Max { "GlobalMaxPool" } else { "GlobalAveragePool" };
            return self.shaped(op, &[&x], Vec::new(), title, shape);
        }
        let mut more = vec![ints("kernel_shape", &kernel), ints("strides", &[stride; 2])];
        more.push(ints("pads", &[down, across, down, across]));
        let op = match kind {
            Pool::Max => "MaxPool",
            Pool::Average => {
                more.push(int("count_include_pad", 0));
                "AveragePool"
            }
        };
        self.shaped(op, &[&x], more, title, shape)
    }
}
