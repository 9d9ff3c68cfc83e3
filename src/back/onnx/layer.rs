//! Primitives with weights of their own, as nodes.

use super::graph::Writer;
use super::parts::{float, floats, int, ints};
use super::proto::AttributeProto;
use lcnnc_lang::ir::{Kernels, Node, Op, Padding};

impl Writer<'_> {
    /// Appends a layer; gives the tensor of its value.
    pub fn layer(&mut self, node: &Node, title: &str) -> String {
        let windows = node.op.kernels().map_or(Vec::new(), |layer| self.windows(layer));
        let (op, more) = match &node.op {
            Op::Conv { groups, .. } => ("Conv", vec![int("group", *groups)]),
            Op::ConvTranspose { padding: Padding::Same, stride, .. } if *stride > 1 => {
                ("ConvTranspose", vec![ints("output_padding", &[stride - 1; 2])])
            }
            Op::ConvTranspose { .. } => ("ConvTranspose", Vec::new()),
            Op::Dense { .. } => ("Gemm", vec![int("transB", 1)]),
            Op::BatchNorm { epsilon, .. } => ("BatchNormalization", vec![float("epsilon", *epsilon)]),
            Op::GroupNorm { groups, epsilon, .. } => {
                ("GroupNormalization", vec![int("num_groups", *groups), float("epsilon", *epsilon)])
            }
            Op::Local { .. } => return self.local(node, windows, title),
            Op::Param(_)
            | Op::Number(_)
            | Op::Zeros
            | Op::Pool { .. }
            | Op::Upsample { .. }
            | Op::Lrn { .. }
            | Op::Dropout { .. }
            | Op::Unary { .. }
            | Op::Binary { .. }
            | Op::Reduce { .. }
            | Op::Flatten { .. }
            | Op::Concat { .. } => return String::new(),
        };
        let more = windows.into_iter().chain(more).collect();
        let values: Vec<String> = node.op.reads().into_iter().map(|value| self.read(value)).collect();
        let params: Vec<String> = node.op.params().into_iter().map(|id| self.param(id)).collect();
        let inputs: Vec<&str> = values.iter().chain(&params).map(String::as_str).collect();
        self.shaped(op, &inputs, more, title, &node.shape)
    }

    /// Where kernels lie on a map, as attributes; none of a matrix, which has no sides.
    fn windows(&self, Kernels { weight, stride, padding, .. }: Kernels) -> Vec<AttributeProto> {
        let shape = &self.net.param(weight).shape;
        let Some(kernel) = shape.last().copied().filter(|_| shape.len() > 2) else { return Vec::new() };
        let pad = padding.pixels(kernel);
        vec![ints("kernel_shape", &[kernel; 2]), ints("strides", &[stride; 2]), ints("pads", &[pad; 4])]
    }

    /// A convolution with kernels of its own at each place: windows as columns, by a convolution that copies, and at each place its
    /// own matrix.
    fn local(&mut self, node: &Node, mut windows: Vec<AttributeProto>, title: &str) -> String {
        let Some(Kernels { x, weight, bias, .. }) = node.op.kernels() else { return String::new() };
        let (&[height, width, out, from, kernel, _], shape) = (self.net.param(weight).shape.as_slice(), &node.shape)
        else {
            return String::new();
        };
        let (taps, places) = (from * kernel * kernel, height * width);
        let each = kernel * kernel;
        let copies = self.constant(&format!("windows {from}x{kernel}x{kernel}"), |name| {
            let one = |n: usize| f32::from(u8::from(n / each % each == n % each));
            floats(name, &[taps, 1, kernel, kernel], (0..taps * each).map(one))
        });
        windows.push(int("group", from));
        let x = self.read(x);
        let windows = self.add("Conv", &[&x, &copies], windows, &format!("{title}.windows"));
        let [columns, turned] = [[0, taps as i64, places as i64], [places as i64, out as i64, taps as i64]];
        let columns = self.wholes(&columns);
        let columns = self.add("Reshape", &[&windows, &columns], Vec::new(), &format!("{title}.columns"));
        let perm = || vec![ints("perm", &[2, 1, 0])];
        let columns = self.add("Transpose", &[&columns], perm(), &format!("{title}.places"));
        let (weight, dims) = (self.param(weight), self.wholes(&turned));
        let weight = self.add("Reshape", &[&weight, &dims], Vec::new(), &format!("{weight}.matrices"));
        let product = self.add("MatMul", &[&weight, &columns], Vec::new(), &format!("{title}.product"));
        let product = self.add("Transpose", &[&product], perm(), &format!("{title}.images"));
        let dims = self.wholes(&[0, out as i64, height as i64, width as i64]);
        let Some(bias) = bias else {
            return self.shaped("Reshape", &[&product, &dims], Vec::new(), title, shape);
        };
        let map = self.add("Reshape", &[&product, &dims], Vec::new(), &format!("{title}.map"));
        let tensor = self.param(bias);
        let bias = if self.net.param(bias).shape.len() == 1 { self.by_channel(&tensor) } else { tensor };
        self.shaped("Add", &[&map, &bias], Vec::new(), title, shape)
    }
}
