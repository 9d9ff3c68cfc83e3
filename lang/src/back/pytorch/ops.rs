//! Primitives as expressions of Python.

use super::layout::{Expr, number};
use crate::ir::{Binary, Node, Op, Padding, Pool, Reduce, Shape, Unary, Upsampling};

/// What a primitive without weights of its own computes from what it reads, whose shapes stand beside it. `image` is the
/// images, for how many there are. None for one that has weights, which is a layer.
pub fn computed(node: &Node, args: Vec<(Expr, Shape)>, image: &str) -> Option<Expr> {
    let [first, second] = [args.first().cloned(), args.get(1).cloned()];
    let x = first.clone().map(|(x, _)| x);
    Some(match &node.op {
        Op::Param(_)
        | Op::Conv { .. }
        | Op::ConvTranspose { .. }
        | Op::Local { .. }
        | Op::Dense { .. }
        | Op::BatchNorm { .. }
        | Op::GroupNorm { .. } => return None,
        Op::Number(x) => Expr::Number(*x),
        Op::Zeros => {
            let [channels, height, width] = node.shape.planes();
            let dims = match node.shape {
                Shape::Map(_) => format!("{channels}, {height}, {width}"),
                Shape::Vector(_) | Shape::Weight(_) | Shape::Scalar => channels.to_string(),
            };
            Expr::Call {
                head: format!("{image}.new_zeros"),
                args: vec![atom(format!("len({image})"))],
                more: format!(", {dims}"),
            }
        }
        Op::Pool { kind, kernel, stride, padding, .. } => pool(*kind, x?, *kernel, *stride, *padding, &first?.1),
        Op::Upsample { factor, mode, .. } => {
            let how = match mode {
                Upsampling::Nearest => "\"nearest\"".to_owned(),
                Upsampling::Bilinear => "\"bilinear\", align_corners=False".to_owned(),
            };
            given("F.interpolate", x?, format!(", scale_factor={factor}, mode={how}"))
        }
        Op::Lrn { size, alpha, beta, k, .. } => {
            let [alpha, beta, k] = [alpha, beta, k].map(|x| number(*x));
            given("F.local_response_norm", x?, format!(", {size}, alpha={alpha}, beta={beta}, k={k}"))
        }
        Op::Dropout { rate, .. } => given("F.dropout", x?, format!(", {}, self.training", number(*rate))),
        Op::Unary { f, .. } => unary(*f, x?),
        Op::Binary { f, .. } => {
            let (left, right) = matched(first?, second?);
            let sign = match f {
                Binary::Add => "+",
                Binary::Sub => "-",
                Binary::Mul => "*",
                Binary::Div => "/",
            };
            Expr::infix(sign, left, right)
        }
        Op::Reduce { f, .. } => tensor(x?).behind(match f {
            Reduce::Sum => ".sum()",
            Reduce::Mean => ".mean()",
            Reduce::Min => ".min()",
            Reduce::Max => ".max()",
        }),
        Op::Flatten { .. } => x?.behind(".flatten(1)"),
        Op::Concat { .. } => {
            let parts: Vec<Expr> = args.into_iter().map(|(part, _)| part).collect();
            let more = if parts.len() == 1 { "," } else { "" }.to_owned();
            given("torch.cat", Expr::Call { head: String::new(), args: parts, more }, ", 1".to_owned())
        }
    })
}

fn atom(text: String) -> Expr {
    Expr::Atom(text)
}

fn given(head: &str, x: Expr, more: String) -> Expr {
    Expr::Call { head: head.to_owned(), args: vec![x], more }
}

/// A number that is known as a tensor, in double precision, which binds nothing that it meets.
fn tensor(x: Expr) -> Expr {
    match x {
        Expr::Number(_) => given("torch.tensor", x, ", dtype=torch.float64".to_owned()),
        other => other,
    }
}

fn pool(kind: Pool, x: Expr, [height, width]: [usize; 2], stride: usize, padding: Padding, of: &Shape) -> Expr {
    let [_, all_rows, all_columns] = of.planes();
    let [down, across] = [height, width].map(|side| padding.pixels(side));
    let padded = down + across > 0;
    if kind == Pool::Average && [height, width] == [all_rows, all_columns] && !padded {
        return given("F.adaptive_avg_pool2d", x, ", 1".to_owned());
    }
    let both = |a: usize, b: usize| if a == b { a.to_string() } else { format!("({a}, {b})") };
    let mut more = format!(", {}", both(height, width));
    if [stride; 2] != [height, width] {
        more += &format!(", stride={stride}");
    }
    if padded {
        more += &format!(", padding={}", both(down, across));
    }
    match kind {
        Pool::Max => given("F.max_pool2d", x, more),
        Pool::Average => {
            if padded {
                more += ", count_include_pad=False";
            }
            given("F.avg_pool2d", x, more)
        }
    }
}

fn unary(f: Unary, x: Expr) -> Expr {
    if f == Unary::Negate {
        return Expr::Negate(Box::new(x));
    }
    let x = tensor(x);
    match f {
        Unary::Negate => Expr::Negate(Box::new(x)),
        Unary::Abs => x.behind(".abs()"),
        Unary::Square => x.behind(".square()"),
        Unary::Exp => Expr::call("torch.exp", vec![x]),
        Unary::Log => Expr::call("torch.log", vec![x]),
        Unary::Sqrt => Expr::call("torch.sqrt", vec![x]),
        Unary::Tanh => Expr::call("torch.tanh", vec![x]),
        Unary::Sigmoid => Expr::call("torch.sigmoid", vec![x]),
        Unary::Relu => Expr::call("F.relu", vec![x]),
        Unary::Softplus => Expr::call("F.softplus", vec![x]),
        Unary::Gelu => Expr::call("F.gelu", vec![x]),
    }
}

/// Two operands, so that a number for each channel meets the channels of a map, and two numbers meet as tensors.
fn matched((left, of): (Expr, Shape), (right, with): (Expr, Shape)) -> (Expr, Expr) {
    const BY_CHANNEL: &str = "[:, None, None]";
    let is_map = |shape: &Shape| matches!(shape, Shape::Map(_));
    let is_weight = |shape: &Shape| matches!(shape, Shape::Weight(_));
    match (&of, &with) {
        (of, with) if is_map(of) && is_weight(with) => (left, right.behind(BY_CHANNEL)),
        (of, with) if is_weight(of) && is_map(with) => (left.behind(BY_CHANNEL), right),
        _ if matches!((&left, &right), (Expr::Number(_), Expr::Number(_))) => (tensor(left), right),
        _ => (left, right),
    }
}
