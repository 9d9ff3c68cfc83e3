//! A net as text: what `lcnnc lower --emit ir` prints and the goldens hold.

use super::{Net, Node, Op, Padding, ParamId, Stmt, Value};
use crate::diag::counted;
use std::collections::BTreeMap;
use std::fmt::{self, Write};

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (input, [c, h, w]) = &self.input;
        writeln!(f, "net {}", self.name)?;
        writeln!(f, "  input {input}: [{c}, {h}, {w}]")?;
        self.params_table(f)?;
        let mut names = Names::of(self);
        names.steps(f, &self.body, 1)?;
        let logits: Vec<&str> = self.output.logits.iter().map(|logits| names.of_value(*logits)).collect();
        writeln!(f, "  output {} = {}: [{}]", self.output.name, logits.join(", "), self.classes)?;
        for penalty in &self.penalties {
            writeln!(f, "  penalty {} = {}", penalty.name, names.of_value(penalty.value))?;
        }
        Ok(())
    }
}

impl Net {
    fn params_table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let trained: usize = self.params.iter().filter(|p| p.trained()).map(super::Param::len).sum();
        let frozen: usize = self.params.iter().filter(|p| p.frozen).map(super::Param::len).sum();
        let frozen = if frozen == 0 { String::new() } else { format!(", and {frozen} frozen") };
        writeln!(f, "  parameters: {trained}{frozen}")?;
        let width = self.params.iter().map(|param| param.name.len()).max().unwrap_or(0);
        for param in &self.params {
            let dims = format!("{:?}", param.shape);
            let (name, len) = (&param.name, param.len());
            writeln!(f, "    {name:width$}  {dims:16} {len:>8}  {param}")?;
        }
        Ok(())
    }
}

/// What each value is called: its equation's name, or a number.
struct Names<'a> {
    net: &'a Net,
    known: BTreeMap<Value, String>,
    unnamed: usize,
    /// How many loops are open.
    loops: usize,
}

impl<'a> Names<'a> {
    fn of(net: &'a Net) -> Self {
        let known = BTreeMap::from([(Value::INPUT, net.input.0.clone())]);
        Self { net, known, unnamed: 0, loops: 0 }
    }

    fn of_value(&self, value: Value) -> &str {
        self.known.get(&value).map_or("?", String::as_str)
    }

    /// `W_L.weight`; in a loop `a.batch_norm.t.weight` where each step `t` has its own.
    fn of_param(&self, id: ParamId) -> String {
        let name = &self.net.param(id).name;
        match name.rsplit_once('.') {
            Some((_, leaf)) if self.loops > 0 && self.net.per_step.contains_key(&id) => {
                format!("{}.t.{leaf}", self.net.owner(id))
            }
            _ => name.clone(),
        }
    }

    fn steps(&mut self, f: &mut fmt::Formatter<'_>, steps: &[Stmt], depth: usize) -> fmt::Result {
        let indent = "  ".repeat(depth);
        for step in steps {
            match step {
                Stmt::Node(node) => {
                    let op = self.op(&node.op);
                    let name = self.define(node);
                    writeln!(f, "{indent}{name} = {op}: {}", node.shape)?;
                }
                Stmt::Loop(looped) => {
                    writeln!(f, "{indent}loop {} ({})", looped.name, counted(looped.steps, "step"))?;
                    for state in &looped.states {
                        self.known.insert(state.current, state.name.clone());
                        writeln!(f, "{indent}  state {} = {}: {}", state.name, self.of_value(state.init), state.shape)?;
                    }
                    self.loops += 1;
                    self.steps(f, &looped.body, depth + 1)?;
                    self.loops -= 1;
                    for state in &looped.states {
                        writeln!(f, "{indent}  next {} = {}", state.name, self.of_value(state.next))?;
                        self.known.insert(state.last, state.name.clone());
                    }
                    for tap in &looped.taps {
                        let inner = self.of_value(tap.inner);
                        writeln!(f, "{indent}  at step {}: {} = {inner}", tap.step, tap.name)?;
                        self.known.insert(tap.outer, tap.name.clone());
                    }
                }
            }
        }
        Ok(())
    }

    fn define(&mut self, node: &Node) -> String {
        let name = node.name.clone().unwrap_or_else(|| {
            self.unnamed += 1;
            format!("%{}", self.unnamed)
        });
        self.known.insert(node.value, name.clone());
        name
    }

    fn op(&self, op: &Op) -> String {
        let v = |value: &Value| self.of_value(*value);
        let mut text = match op {
            Op::Param(id) => format!("param {}", self.of_param(*id)),
            Op::Number(x) => format!("number {}", crate::vocabulary::real(*x)),
            Op::Zeros => "zeros".to_owned(),
            Op::Conv { x, weight, .. } => format!("conv {}, {}", v(x), self.of_param(*weight)),
            Op::Local { x, weight, .. } => format!("local {}, {}", v(x), self.of_param(*weight)),
            Op::ConvTranspose { x, weight, .. } => format!("conv_transpose {}, {}", v(x), self.of_param(*weight)),
            Op::Dense { x, weight, .. } => format!("dense {}, {}", v(x), self.of_param(*weight)),
            Op::Pool { kind, x, kernel: [h, w], stride, padding } => {
                let padding = if *padding == Padding::Same { ", padding same" } else { "" };
                format!("{} {}, kernel {h}x{w}, stride {stride}{padding}", kind.word(), v(x))
            }
            Op::Upsample { x, factor, mode } => format!("upsample {}, factor {factor}, {}", v(x), mode.word()),
            Op::BatchNorm { x, scale, epsilon, momentum, .. } => {
                let epsilon = crate::vocabulary::real(*epsilon);
                format!("batch_norm {}, {}, epsilon {epsilon}, momentum {momentum}", v(x), self.of_param(*scale))
            }
            Op::GroupNorm { x, groups, scale, epsilon, .. } => {
                let epsilon = crate::vocabulary::real(*epsilon);
                format!("group_norm {}, {}, groups {groups}, epsilon {epsilon}", v(x), self.of_param(*scale))
            }
            Op::Lrn { x, size, alpha, beta, k } => {
                let [alpha, beta, k] = [alpha, beta, k].map(|x| crate::vocabulary::real(*x));
                format!("lrn {}, size {size}, alpha {alpha}, beta {beta}, k {k}", v(x))
            }
            Op::Dropout { x, rate } => format!("dropout {}, rate {rate}", v(x)),
            Op::Unary { f, x } => format!("{} {}", f.word(), v(x)),
            Op::Binary { f, left, right } => format!("{} {}, {}", f.word(), v(left), v(right)),
            Op::Reduce { f, x } => format!("{} {}", f.word(), v(x)),
            Op::Flatten { x } => format!("flatten {}", v(x)),
            Op::Concat { parts } => format!("concat {}", parts.iter().map(v).collect::<Vec<_>>().join(", ")),
        };
        if let Op::Conv { bias, .. } | Op::ConvTranspose { bias, .. } | Op::Local { bias, .. } | Op::Dense { bias, .. } =
            op
            && let Some(bias) = bias
        {
            // Writing to a `String` does not fail.
            let _ = write!(text, ", {}", self.of_param(*bias));
        }
        if let Op::Conv { stride, padding, .. }
        | Op::ConvTranspose { stride, padding, .. }
        | Op::Local { stride, padding, .. } = op
        {
            let _ = write!(text, ", stride {stride}, padding {}", padding.word());
        }
        if let Op::Conv { groups, .. } = op
            && *groups != 1
        {
            let _ = write!(text, ", groups {groups}");
        }
        text
    }
}
