//! A net as text: what `lcnnc lower --emit ir` prints and the goldens hold.

use super::{Net, Node, Op, ParamId, Value, Visit};
use crate::diag::counted;
use std::collections::BTreeMap;
use std::fmt;

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (input, [c, h, w]) = &self.input;
        writeln!(f, "net {}", self.name)?;
        writeln!(f, "  input {input}: [{c}, {h}, {w}]")?;
        self.params_table(f)?;
        let mut names = Names::of(self);
        names.stmts(f)?;
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

/// The names that values are printed under: that of the equation, or a number such as `%3`.
struct Names<'a> {
    net: &'a Net,
    known: BTreeMap<Value, String>,
    unnamed: usize,
    /// How many loops are open where the printer is.
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

    /// The name of a parameter: `W_L.weight`; in a loop `a.batch_norm.t.weight` where each step `t` has its own.
    fn of_param(&self, id: ParamId) -> String {
        let name = &self.net.param(id).name;
        match name.rsplit_once('.') {
            Some((_, leaf)) if self.loops > 0 && self.net.per_step.contains_key(&id) => {
                format!("{}.t.{leaf}", self.net.owner(id))
            }
            _ => name.clone(),
        }
    }

    fn stmts(&mut self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for visit in self.net.walk() {
            let indent = "  ".repeat(self.loops + 1);
            match visit {
                Visit::Node(node) => {
                    let op = self.op(&node.op);
                    let name = self.define(node);
                    writeln!(f, "{indent}{name} = {op}: {}", node.shape)?;
                }
                Visit::Enter(looped) => {
                    writeln!(f, "{indent}loop {} ({})", looped.name, counted(looped.steps, "step"))?;
                    for state in &looped.states {
                        self.known.insert(state.current, state.name.clone());
                        writeln!(f, "{indent}  state {} = {}: {}", state.name, self.of_value(state.init), state.shape)?;
                    }
                    self.loops += 1;
                }
                Visit::Leave(looped) => {
                    self.loops -= 1;
                    for state in &looped.states {
                        writeln!(f, "{indent}next {} = {}", state.name, self.of_value(state.next))?;
                        self.known.insert(state.last, state.name.clone());
                    }
                    for tap in &looped.taps {
                        let inner = self.of_value(tap.inner);
                        writeln!(f, "{indent}at step {}: {} = {inner}", tap.step, tap.name)?;
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

    /// A primitive with what it reads and its settings: `conv x, W.weight, stride 1, padding same`.
    fn op(&self, op: &Op) -> String {
        // A norm goes by the first of its parameters: the others have the same owner.
        let shown = if matches!(op, Op::BatchNorm { .. } | Op::GroupNorm { .. }) { 1 } else { usize::MAX };
        let values = op.reads().into_iter().map(|value| self.of_value(value).to_owned());
        let params = op.params().into_iter().take(shown).map(|id| self.of_param(id));
        let behind: Vec<String> = values.chain(params).chain(op.settings()).collect();
        format!("{} {}", op.word(), behind.join(", ")).trim_end().to_owned()
    }
}
