//! The constructor: a module for each layer, bundle and named value, and what parameters start with.

use super::layout::{Lines, number};
use super::modules::{Kind, Module, Modules};
use crate::ir::{Init, Net, Param, ParamClass, ParamId, Sign, one_kernel};
use std::collections::{BTreeMap, BTreeSet};

/// Writes the body of `__init__`; notes stand behind the modules of their paths.
pub fn write(net: &Net, modules: &Modules, notes: &BTreeMap<String, String>, lines: &mut Lines) {
    let versions = versions(net);
    let mut written: BTreeSet<&str> = BTreeSet::new();
    for path in &modules.order {
        let Some(module) = modules.all.get(path) else { continue };
        let params = net.params.iter().filter(|param| param.owner() == path);
        let Some((above, steps)) = versions.get(path.as_str()).copied() else {
            write_module(module, path, notes.get(path).map_or("", String::as_str), lines);
            params.for_each(|param| write_param(param, module, lines));
            continue;
        };
        // All versions are alike, and the first one stands for them.
        if written.insert(above) {
            lines.line(&format!("for t in range(1, {}):", steps + 1));
            lines.depth += 1;
            let each = Module { access: format!("{}[t]", modules.access(above)), ..module.clone() };
            write_module(&each, &format!("{above}.t"), "", lines);
            params.for_each(|param| write_param(param, &each, lines));
            lines.depth -= 1;
        }
    }
}

/// The modules that hold the parameters of one step: what stands above all of them, and how many steps there are. A copy of a block
/// may have its modules in the same place.
fn versions(net: &Net) -> BTreeMap<&str, (&str, usize)> {
    let each = |(first, each): (&ParamId, &'_ Vec<ParamId>)| {
        let (above, steps) = (net.owner(*first), each.len());
        each.clone().into_iter().map(move |id| (net.param(id).owner(), (above, steps)))
    };
    net.per_step.iter().flat_map(each).collect()
}

fn write_module(module: &Module, path: &str, note: &str, lines: &mut Lines) {
    let word = path.rsplit('.').next().unwrap_or(path);
    let (class, args) = match &module.kind {
        _ if module.numbered => ("Parts", ""),
        Kind::Place => ("nn.Module", ""),
        Kind::Value => ("nn.Identity", ""),
        Kind::Layer(layer) => (layer.class, layer.args.as_str()),
    };
    let Some(above) = module.access.strip_suffix(&format!("[{word}]")) else {
        return lines.call(&format!("{} = {class}", module.access), args, note);
    };
    let number = if word == "t" { "str(t)".to_owned() } else { format!("\"{word}\"") };
    lines.call(&format!("{above}.add_module"), &format!("{number}, {class}({args})"), note);
}

/// Writes a parameter that its layer does not make, or does not start as the spec says; and what holds for it in training.
fn write_param(param: &Param, module: &Module, lines: &mut Lines) {
    let leaf = param.name.rsplit('.').next().unwrap_or(&param.name);
    let place = format!("{}.{leaf}", module.access);
    let is_layer = matches!(module.kind, Kind::Layer(_));
    if param.class == ParamClass::Statistic {
        if !is_layer {
            let start = constant(param, if param.init == Init::Constant(1.0) { 1.0 } else { 0.0 });
            lines.call(&format!("{}.register_buffer", module.access), &format!("\"{leaf}\", {start}"), "");
        }
        return;
    }
    match param.init {
        _ if is_layer => start(param, &place, true, lines),
        Init::Constant(x) => lines.call(&format!("{place} = nn.Parameter"), &constant(param, x), ""),
        Init::Uniform(_) | Init::Normal { .. } | Init::Gabor { .. } => {
            lines.call(&format!("{place} = nn.Parameter"), &format!("torch.empty({})", shape(param)), "");
            start(param, &place, false, lines);
        }
    }
    if param.frozen {
        lines.line(&format!("{place}.requires_grad_(False)"));
    }
}

/// The shape of a parameter as the argument of a function.
fn shape(param: &Param) -> String {
    let dims: Vec<String> = param.shape.iter().map(usize::to_string).collect();
    dims.join(", ")
}

/// A tensor of one number.
fn constant(param: &Param, x: f64) -> String {
    let comma = if param.shape.len() == 1 { "," } else { "" };
    match x {
        1.0 => format!("torch.ones({})", shape(param)),
        0.0 => format!("torch.zeros({})", shape(param)),
        x => format!("torch.full(({}{comma}), {})", shape(param), float(x)),
    }
}

/// A number with a point, or small or large, which is no whole number to PyTorch.
fn float(x: f64) -> String {
    let text = number(x);
    if text.bytes().all(|c| c.is_ascii_digit() || c == b'-') { text + ".0" } else { text }
}

/// Writes what a parameter starts with, where that is not what PyTorch starts it with.
fn start(param: &Param, place: &str, is_layer: bool, lines: &mut Lines) {
    let is_bias = param.name.ends_with(".bias");
    let usual = match (param.class, param.init) {
        (ParamClass::Norm, Init::Constant(x)) => x == if is_bias { 0.0 } else { 1.0 },
        (ParamClass::Bias, Init::Uniform(_)) => true,
        (_, Init::Uniform(bound)) => bound == usual_bound(&param.shape),
        (_, Init::Constant(_) | Init::Normal { .. } | Init::Gabor { .. }) => false,
    };
    if !(is_layer && usual) {
        let (call, args) = match param.init {
            Init::Constant(x) => ("nn.init.constant_", number(x)),
            Init::Uniform(bound) => ("nn.init.uniform_", format!("{}, {}", number(-bound), number(bound))),
            Init::Normal { mean, sd } => ("nn.init.normal_", format!("{}, {}", number(mean), number(sd))),
            Init::Gabor { wavelength, sigma, aspect } => ("gabor_", [wavelength, sigma, aspect].map(number).join(", ")),
        };
        lines.call(call, &format!("{place}, {args}"), "");
    }
    if let Some(spread) = param.spread {
        let sd = spread * param.init.sd(one_kernel(&param.shape).1);
        lines.call("one_kernel_", &format!("{place}, {}", number(sd)), "");
    }
    if let Some(sign) = param.sign {
        let side = if sign == Sign::Nonnegative { "1" } else { "-1" };
        lines.call("fold_", &format!("{place}, {side}"), "");
    }
}

/// The bound of PyTorch's own initial values: one over the root of the inputs of one output. Kernels of each place have the
/// places in front.
fn usual_bound(shape: &[usize]) -> f64 {
    let (_, one) = one_kernel(shape);
    let fan_in: usize = one.iter().skip(1).product();
    1.0 / (fan_in.max(1) as f64).sqrt()
}
