//! Layers: which primitive is which module of PyTorch, and how it is written as a module and as a function.

use super::layout::{Expr, number};
use crate::ir::{Kernels, Net, Op, Padding, ParamId, Shape};

/// A layer with weights, as a module is made of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// What is called to make the module, and with what.
    pub class: &'static str,
    pub args: String,
    /// What is called to apply the weights without the module, and what it is given behind input and weights.
    function: &'static str,
    more: String,
    /// What the function takes between input and weights.
    before: Option<String>,
    /// The weights by their last names, in the order that the function takes them in.
    leaves: &'static [&'static str],
    /// The parameter that the layer is known by.
    pub first: ParamId,
}

impl Layer {
    /// The layer that a primitive is, if it is one with weights of its own; `x` is the shape of what it reads.
    pub fn of(net: &Net, op: &Op, x: &Shape) -> Option<Self> {
        const KERNEL: &[&str] = &["weight", "bias"];
        let dims = |id: &ParamId| net.param(*id).shape.as_slice();
        let layer = |first: &ParamId, [class, function]: [&'static str; 2], args: String, more: String| {
            Some(Layer { class, args, function, before: None, more, leaves: KERNEL, first: *first })
        };
        let bias = op.kernels().and_then(|layer| layer.bias);
        let biased = if bias.is_none() { ", bias=False" } else { "" };
        let moved = op.kernels().map_or(String::new(), |layer| moved(net, layer));
        match op {
            Op::Conv { weight, groups, .. } => {
                let &[out, from, kernel, _] = dims(weight) else { return None };
                let more = format!("{moved}{}", grouped(*groups));
                let args = format!("{}, {out}, {kernel}{more}{biased}", from * groups);
                layer(weight, ["nn.Conv2d", "F.conv2d"], args, more)
            }
            Op::ConvTranspose { weight, stride, padding, .. } => {
                let &[from, out, kernel, _] = dims(weight) else { return None };
                let added = match padding {
                    Padding::Same if *stride > 1 => format!(", output_padding={}", stride - 1),
                    Padding::Same | Padding::Valid => String::new(),
                };
                let more = format!("{moved}{added}");
                let args = format!("{from}, {out}, {kernel}{more}{biased}");
                layer(weight, ["nn.ConvTranspose2d", "F.conv_transpose2d"], args, more)
            }
            Op::Local { weight, .. } => {
                let shape: Vec<String> = dims(weight).iter().map(usize::to_string).collect();
                let bias = match bias.as_ref().map(dims) {
                    None => ", bias=False",
                    Some([_]) => "",
                    Some(_) => ", bias_by_place=True",
                };
                layer(weight, ["Local2d", "local2d"], format!("({}){moved}{bias}", shape.join(", ")), moved)
            }
            Op::Dense { weight, .. } => {
                let &[out, from] = dims(weight) else { return None };
                layer(weight, ["nn.Linear", "F.linear"], format!("{from}, {out}{biased}"), String::new())
            }
            Op::BatchNorm { scale, epsilon, momentum, .. } => {
                let [epsilon, momentum] = [epsilon, momentum].map(|x| number(*x));
                let settings = [(&epsilon, "eps", "1e-5"), (&momentum, "momentum", "0.1")];
                let own = settings.into_iter().filter(|(value, _, usual)| value.as_str() != *usual);
                let own: String = own.map(|(value, name, _)| format!(", {name}={value}")).collect();
                let args = format!("{}{own}", dims(scale).first().copied().unwrap_or(1));
                let class = if matches!(x, Shape::Vector(_)) { "nn.BatchNorm1d" } else { "nn.BatchNorm2d" };
                let more = format!(", self.training, {momentum}, {epsilon}");
                let leaves: &[&str] = &["running_mean", "running_var", "weight", "bias"];
                Some(Layer { class, args, function: "F.batch_norm", before: None, more, leaves, first: *scale })
            }
            Op::GroupNorm { groups, scale, epsilon, .. } => {
                let channels = dims(scale).first().copied().unwrap_or(1);
                let more = match number(*epsilon).as_str() {
                    "1e-5" => String::new(),
                    other => format!(", eps={other}"),
                };
                let args = format!("{groups}, {channels}{more}");
                let (function, before) = ("F.group_norm", Some(groups.to_string()));
                Some(Layer { class: "nn.GroupNorm", args, function, before, more, leaves: KERNEL, first: *scale })
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
            | Op::Concat { .. } => None,
        }
    }

    /// The layer as a function of its input and of the weights of a module that is no layer.
    pub fn applied(&self, x: Expr, owner: &str, has: impl Fn(&str) -> bool) -> Expr {
        let weights = self.leaves.iter().filter(|leaf| has(leaf)).map(|leaf| format!("{owner}.{leaf}"));
        let args = self.before.iter().cloned().chain(weights).map(Expr::Atom);
        let args = std::iter::once(x).chain(args).collect();
        Expr::Call { head: self.function.to_owned(), args, more: self.more.clone() }
    }
}

/// Stride and padding of kernels on a map, where they are not the usual ones.
fn moved(net: &Net, Kernels { weight, stride, padding, .. }: Kernels) -> String {
    let padding = net.param(weight).shape.last().map_or(0, |kernel| padding.pixels(*kernel));
    let stride = if stride == 1 { String::new() } else { format!(", stride={stride}") };
    let padding = if padding == 0 { String::new() } else { format!(", padding={padding}") };
    stride + &padding
}

fn grouped(groups: usize) -> String {
    if groups == 1 { String::new() } else { format!(", groups={groups}") }
}
