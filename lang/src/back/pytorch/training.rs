//! What training needs beside the forward pass: penalties, the loss, signs, the sleep, learning rates.

use super::About;
use super::body::Body;
use super::layout::{Expr, Lines, number};
use super::modules::Modules;
use super::plan::Wanted;
use super::values::Values;
use crate::front::settings::Settings;
use crate::ir::{Modules as Places, Net, Penalty, Sign};
use crate::vocabulary::{ArgValue, sharing};
use std::collections::BTreeSet;

/// A method that gives the penalties of weights, by name.
pub fn penalties(net: &Net, modules: &Modules, values: &mut Values, penalties: &[&Penalty], about: &About) -> String {
    let mut lines = Lines::at(1);
    lines.line("def penalties(self) -> dict[str, torch.Tensor]:");
    lines.depth = 2;
    lines.line("\"\"\"What the loss adds for the weights.\"\"\"");
    let roots: Vec<_> = penalties.iter().map(|penalty| penalty.value).collect();
    let wanted = Wanted::of(net, &roots);
    let mut body = Body::new(net, modules, values, &wanted).plain();
    body.lines = lines;
    body.write();
    let named = body.penalties(penalties, about);
    let mut lines = std::mem::take(&mut body.lines);
    lines.list("return ", &named, ["{", "}"]);
    lines.text()
}

impl Body<'_> {
    /// Writes a variable for each penalty; gives the entries of a dictionary of them.
    pub fn penalties(&mut self, penalties: &[&Penalty], about: &About) -> Vec<String> {
        let mut entries = Vec::new();
        for penalty in penalties {
            let said = about.above.get(&format!("penalty {}", penalty.name));
            said.into_iter().flatten().for_each(|line| self.lines.comment(line));
            let mut expr = self.read(penalty.value);
            for params in sums(&mut expr) {
                let name = self.fresh("kernels");
                self.lines.list(&format!("{name} = "), &params, ["[", "]"]);
                rename(&mut expr, &name);
            }
            let name = self.fresh(&penalty.name);
            self.statement(&format!("{name} = "), expr, "");
            entries.push(format!("\"{}\": {name}", penalty.name));
        }
        entries
    }
}

/// A sign that no Python code holds, which stands for the list of parameters until the list has a name.
const OPEN: &str = "\u{0}";
/// Fewer terms are written out.
const FEW: usize = 3;

/// Makes of sums that take the same of one parameter after the other sums over a list; gives the lists, the outermost first.
fn sums(expr: &mut Expr) -> Vec<Vec<String>> {
    let mut terms = Vec::new();
    let mut rest = &*expr;
    while let Expr::Infix { sign: "+", left, right } = rest {
        terms.push(&**right);
        rest = left;
    }
    terms.push(rest);
    terms.reverse();
    if terms.len() >= FEW {
        let alike: Vec<(String, String)> = terms.iter().filter_map(|term| of_one(term)).collect();
        if alike.len() == terms.len() && alike.iter().all(|(form, _)| *form == alike[0].0) {
            let form = alike[0].0.clone();
            let params = alike.into_iter().map(|(_, param)| param).collect();
            *expr = Expr::call("sum", vec![Expr::atom(format!("{form} for w in {OPEN}"))]);
            return vec![params];
        }
    }
    expr.parts_mut().into_iter().flat_map(sums).collect()
}

/// A term of one parameter, with `w` in its place, and the parameter.
fn of_one(term: &Expr) -> Option<(String, String)> {
    let mut params = BTreeSet::new();
    let mut open = vec![term];
    while let Some(part) = open.pop() {
        if let Expr::Param(name) = part {
            params.insert(name.clone());
        }
        open.extend(part.parts());
    }
    let param = params.pop_first().filter(|_| params.is_empty())?;
    let mut form = term.clone();
    form.put(&param, "w");
    Some((form.text(), param))
}

/// Gives the first list without a name one.
fn rename(expr: &mut Expr, name: &str) {
    if let Expr::Atom(text) = expr {
        *text = text.replacen(OPEN, name, 1);
    }
    expr.parts_mut().into_iter().for_each(|part| rename(part, name));
}

/// A method that gives the loss of a batch.
pub fn loss(net: &Net, input: &str, smoothing: f64, [runs, by_weights, by_activity]: [bool; 3]) -> String {
    let mut lines = Lines::at(1);
    let label = if input == "labels" { "answers" } else { "labels" };
    let tensor = "torch.Tensor";
    lines.line(&format!("def loss(self, {input}: {tensor}, {label}: {tensor}) -> {tensor}:"));
    lines.depth = 2;
    let steps = if net.output.logits.len() > 1 { ", its mean over the steps" } else { "" };
    let adds = if by_weights || by_activity { ", and penalties" } else { "" };
    lines.line(&format!("\"\"\"The loss: cross-entropy{steps}{adds}.\"\"\""));
    let smooth = if smoothing == 0.0 { String::new() } else { format!(", label_smoothing={}", number(smoothing)) };
    if runs {
        lines.line(&format!("scores, {} = self.run({input})", if by_activity { "penalties" } else { "_" }));
        lines.line(&format!("losses = [F.cross_entropy(step, {label}{smooth}) for step in scores]"));
    } else if !by_weights {
        lines.line(&format!("return F.cross_entropy(self({input}), {label}{smooth})"));
        return lines.text();
    }
    let mean = if runs {
        "sum(losses) / len(losses)".to_owned()
    } else {
        format!("F.cross_entropy(self({input}), {label}{smooth})")
    };
    if by_weights && by_activity {
        lines.line("penalties = {**self.penalties(), **penalties}");
    }
    let penalties = if by_activity { "penalties" } else { "self.penalties()" };
    if by_weights || by_activity {
        lines.line(&format!("loss = {mean}"));
        lines.line(&format!("return loss + sum({penalties}.values())"));
    } else {
        lines.line(&format!("return {mean}"));
    }
    lines.text()
}

/// A method that brings weights back to their side of zero, if any has one.
pub fn signs(net: &Net, modules: &Modules) -> Option<String> {
    let mut lines = Lines::at(1);
    lines.line("@torch.no_grad()");
    lines.line("def keep_signs(self):");
    lines.depth = 2;
    lines.line("\"\"\"Weights on the wrong side of zero become 0: after each step of training.\"\"\"");
    let before = lines.len();
    for sign in Sign::ALL {
        let signed = |n: &usize| net.params[*n].sign == Some(sign);
        let all = (0..net.params.len()).filter(signed).map(|n| modules.param(net, crate::ir::ParamId(n), None).text());
        let weights: Vec<String> = all.collect();
        if !weights.is_empty() {
            lines.list("weights = ", &weights, ["[", "]"]);
            lines.line("for weight in weights:");
            lines.depth = 3;
            lines.line(match sign {
                Sign::Nonnegative => "weight.clamp_(min=0)",
                Sign::Nonpositive => "weight.clamp_(max=0)",
            });
            lines.depth = 2;
        }
    }
    (lines.len() > before).then(|| lines.text())
}

/// A method for one sleep, if the spec has one.
pub fn sleep(net: &Net, modules: &Modules, settings: &Settings) -> Option<String> {
    let (sleep, mut lines) = (&settings.sleep, Lines::at(1));
    let every = sleep.count("every");
    let layers: Vec<_> =
        net.local_layers_of(sleep.names("share")).into_iter().filter(|it| net.param(it.weight).trained()).collect();
    if every == 0 || layers.is_empty() {
        return None;
    }
    let rule = sharing::complete(sleep.call("rule"));
    let places = Places::named(sleep.word("modules"));
    lines.line("def sleep(self):");
    lines.depth = 2;
    let are_shared = rule.callee == "mean";
    let end = if are_shared { "become their mean" } else { "come to be alike" };
    let after = if every == 1 { "step".to_owned() } else { format!("{every} steps") };
    lines.line(&format!("\"\"\"Kernels of a module {end}: every {after} of training.\"\"\""));
    if !are_shared {
        lines.line("");
        lines.line("def rule(kernels):");
        lines.depth = 3;
        let given = |(name, value): &(&str, ArgValue)| match value {
            ArgValue::Count(count) => Some(format!("{name}={count}")),
            ArgValue::Real(x) => Some(format!("{name}={}", number(*x))),
            _ => None,
        };
        let mut arguments = vec!["kernels".to_owned()];
        arguments.extend(rule.values.iter().filter_map(given));
        lines.list(&format!("return {}", rule.callee), &arguments, ["(", ")"]);
        lines.depth = 2;
        lines.line("");
    }
    for layer in layers {
        let (weight, period) = (modules.param(net, layer.weight, None).text(), layer.period(places));
        match are_shared {
            true => lines.call("share_", &format!("{weight}, {period}"), ""),
            false => lines.call("relax_", &format!("{weight}, {period}, rule"), ""),
        }
    }
    Some(lines.text())
}

/// A method that gives the parameters in groups of one learning rate, if they have several.
pub fn groups(net: &Net, modules: &Modules) -> Option<String> {
    let trained: Vec<usize> = (0..net.params.len()).filter(|n| net.params[*n].trained()).collect();
    if trained.iter().all(|n| net.params[*n].lr == 1.0) {
        return None;
    }
    let mut lines = Lines::at(1);
    lines.line("def parameter_groups(self, lr: float) -> list[dict]:");
    lines.depth = 2;
    lines.line("\"\"\"For an optimizer: parameters by the factors on their learning rates.\"\"\"");
    let mut rates: Vec<f64> = trained.iter().map(|n| net.params[*n].lr).collect();
    rates.sort_by(f64::total_cmp);
    rates.dedup();
    lines.line("groups = []");
    for rate in rates {
        let own = trained.iter().filter(|n| net.params[**n].lr == rate);
        let params: Vec<String> = own.map(|n| modules.param(net, crate::ir::ParamId(*n), None).text()).collect();
        lines.list("params = ", &params, ["[", "]"]);
        let pace = if rate == 1.0 { "lr".to_owned() } else { format!("{} * lr", number(rate)) };
        lines.line(&format!("groups.append({{\"params\": params, \"lr\": {pace}}})"));
    }
    lines.line("return groups");
    Some(lines.text())
}
