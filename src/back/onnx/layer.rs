//! Primitives with weights of their own, as nodes.

use super::graph::Writer;
use super::parts::{float, floats, int, ints};
use lcnnc_lang::ir::{Node, Op, Padding, ParamId, Shape, Value};

impl Writer<'_> {
    /// Appends a layer; gives the tensor of its value.
    pub fn layer(&mut self, node: &Node, title: &str) -> String {
        let (op, x, params, more) = match &node.op {
            Op::Conv { x, weight, bias, stride, padding, groups } => {
                let kernel = self.net.param(*weight).shape[2];
                let mut more = moved(kernel, *stride, *padding);
                more.push(int("group", *groups));
                ("Conv", *x, with(*weight, *bias), more)
            }
            Op::ConvTranspose { x, weight, bias, stride, padding } => {
                let kernel = self.net.param(*weight).shape[2];
                let mut more = moved(kernel, *stride, *padding);
                if *padding == Padding::Same && *stride > 1 {
                    more.push(ints("output_padding", &[stride - 1; 2]));
                }
                ("ConvTranspose", *x, with(*weight, *bias), more)
            }
            Op::Dense { x, weight, bias } => ("Gemm", *x, with(*weight, *bias), vec![int("transB", 1)]),
            Op::BatchNorm { x, scale, shift, mean, variance, epsilon, .. } => {
                ("BatchNormalization", *x, vec![*scale, *shift, *mean, *variance], vec![float("epsilon", *epsilon)])
            }
            Op::GroupNorm { x, groups, scale, shift, epsilon } => {
                let more = vec![int("num_groups", *groups), float("epsilon", *epsilon)];
                ("GroupNormalization", *x, vec![*scale, *shift], more)
            }
            Op::Local { x, weight, bias, stride, padding } => {
                return self.local(*x, with(*weight, *bias), (*stride, *padding), title, &node.shape);
            }
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
        let mut inputs = vec![self.read(x)];
        inputs.extend(params.into_iter().map(|id| self.param(id)));
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        self.shaped(op, &inputs, more, title, &node.shape)
    }

    /// A convolution with kernels of its own at each place: windows as columns, by a convolution that copies, and at each place its
    /// own matrix.
    fn local(
        &mut self,
        x: Value,
        params: Vec<ParamId>,
        (stride, padding): (usize, Padding),
        title: &str,
        shape: &Shape,
    ) -> String {
        let &[height, width, out, from, kernel, _] = self.net.param(params[0]).shape.as_slice() else {
            return String::new();
        };
        let (taps, places) = (from * kernel * kernel, height * width);
        let each = kernel * kernel;
        let copies = self.constant(&format!("windows {from}x{kernel}x{kernel}"), |name| {
            let one = |n: usize| f32::from(u8::from(n / each % each == n % each));
            floats(name, &[taps, 1, kernel, kernel], (0..taps * each).map(one))
        });
        let mut more = moved(kernel, stride, padding);
        more.push(int("group", from));
        let x = self.read(x);
        let windows = self.add("Conv", &[&x, &copies], more, &format!("{title}.windows"));
        let [columns, turned] = [[0, taps as i64, places as i64], [places as i64, out as i64, taps as i64]];
        let columns = self.wholes(&columns);
        let columns = self.add("Reshape", &[&windows, &columns], Vec::new(), &format!("{title}.columns"));
        let perm = || vec![ints("perm", &[2, 1, 0])];
        let columns = self.add("Transpose", &[&columns], perm(), &format!("{title}.places"));
        let (weight, dims) = (self.param(params[0]), self.wholes(&turned));
        let weight = self.add("Reshape", &[&weight, &dims], Vec::new(), &format!("{weight}.matrices"));
        let product = self.add("MatMul", &[&weight, &columns], Vec::new(), &format!("{title}.product"));
        let product = self.add("Transpose", &[&product], perm(), &format!("{title}.images"));
        let dims = self.wholes(&[0, out as i64, height as i64, width as i64]);
        let Some(bias) = params.get(1) else {
            return self.shaped("Reshape", &[&product, &dims], Vec::new(), title, shape);
        };
        let map = self.add("Reshape", &[&product, &dims], Vec::new(), &format!("{title}.map"));
        let tensor = self.param(*bias);
        let bias = if self.net.param(*bias).shape.len() == 1 { self.by_channel(&tensor) } else { tensor };
        self.shaped("Add", &[&map, &bias], Vec::new(), title, shape)
    }
}

fn with(weight: ParamId, bias: Option<ParamId>) -> Vec<ParamId> {
    std::iter::once(weight).chain(bias).collect()
}

fn moved(kernel: usize, stride: usize, padding: Padding) -> Vec<super::proto::AttributeProto> {
    let pad = padding.pixels(kernel);
    vec![ints("kernel_shape", &[kernel; 2]), ints("strides", &[stride; 2]), ints("pads", &[pad; 4])]
}
