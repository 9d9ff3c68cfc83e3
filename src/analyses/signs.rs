//! Whether excitatory maps are positive and inhibitory ones negative (Park, Zhang & Choe, 2025, Fig. 11).

use super::moments::mean_and_sd;
use super::table::WHOSE;
use super::values::{Seen, asked, each_step, place};
use super::{Analysis, Bench, Cell, Column, Figure, Findings, Measure, relabel};
use crate::figures::{Drawing, Pictures, Tile};
use crate::train::TrainError;
use lcnnc_lang::ir::{Net, ParamId, Role, Shape, Value};
use lcnnc_lang::vocabulary::{Arg, ArgValue, Bound, Type};
use std::collections::BTreeMap;

/// Feature maps of an image that a figure has at most.
const MOST_DRAWN: usize = 8;

pub const SIGNS: Analysis = Analysis {
    name: "signs",
    about: "share of positive, negative and zero numbers of excitatory and inhibitory maps, a row for each step (Park et al., 2025, Fig. 11)",
    args: &[
        Arg::with(
            "of",
            Type::Names,
            ArgValue::Names(Vec::new()),
            "the values, each at all of its steps; `all` are those that excitatory and inhibitory weights make",
        ),
        Arg::with(
            "images",
            Type::Count { min: 1, max: 20 },
            ArgValue::Count(2),
            "how many images the figure shows, the first ones",
        ),
    ],
    columns: &[
        Column { name: "value", about: "the value, as in `E`" },
        Column { name: "step", about: "the step of its loop, 0 for the initial value; empty outside of loops" },
        Column { name: "role", about: "`excitatory` or `inhibitory` after training, `none` for a value of no role" },
        Column {
            name: "swapped",
            about: "1 where training left the roles the other way round, so that both are relabelled, else 0",
        },
        Column { name: "positive", about: "mean over images of the share of numbers above 0, from 0 to 1" },
        Column { name: "positive_sd", about: "standard deviation of it over images (divided by their number less 1)" },
        Column { name: "negative", about: "mean of the share of numbers below 0" },
        Column { name: "negative_sd", about: "standard deviation of it over images" },
        Column { name: "zero", about: "mean of the share of numbers that are exactly 0" },
        Column { name: "zero_sd", about: "standard deviation of it over images" },
        Column { name: "images", about: "how many images the net was shown" },
        WHOSE,
    ],
    watches: true,
    applies,
    run,
};

/// The named maps that weights with a role make, with the kernel: a layer's result, and what functions of it alone make.
fn of_roles(net: &Net) -> Vec<(String, ParamId)> {
    let (mut made, mut found): (BTreeMap<Value, ParamId>, Vec<(String, ParamId)>) = (BTreeMap::new(), Vec::new());
    for node in net.nodes() {
        let own = node.op.params().into_iter().find(|id| net.param(*id).role.is_some());
        let before = match node.op.reads().as_slice() {
            [x] => made.get(x).copied(),
            _ => None,
        };
        let (Some(kernel), Shape::Map(_)) = (own.or(before), &node.shape) else { continue };
        made.insert(node.value, kernel);
        if let Some(name) = &node.name {
            let name = name.strip_suffix('\'').unwrap_or(name).to_owned();
            if found.iter().all(|(known, _)| *known != name) {
                found.push((name, kernel));
            }
        }
    }
    found
}

fn applies(net: &Net) -> Result<(), String> {
    match of_roles(net).is_empty() {
        false => Ok(()),
        true => Err("no feature map with a name is made by excitatory or inhibitory weights alone".to_owned()),
    }
}

/// One value of the net at one step, with its role after training.
struct Part {
    seen: Seen,
    role: Option<Role>,
    /// The maps of the first images.
    maps: Vec<Vec<f32>>,
}

fn run(bench: &Bench, call: &Bound) -> Result<Findings, TrainError> {
    let (net, mut findings, drawn) = (bench.net(), Findings::default(), call.count("images"));
    let known = of_roles(net);
    let swapped = relabel::swapped(bench, &mut findings.notes)?;
    let names = match call.names("of") {
        [] => known.iter().map(|(name, _)| name.clone()).collect(),
        names => names.to_vec(),
    };
    let mut parts: Vec<Part> = Vec::new();
    for seen in each_step(&asked(net, &names)?) {
        let (mut shares, mut maps) = ([const { Vec::new() }; 3], Vec::new());
        bench.watch(&seen.asked, &mut |_, x| {
            let n = x.len() as f64;
            let count = |is_meant: fn(f32) -> bool| x.iter().filter(|x| is_meant(**x)).count();
            let counts = [count(|x| x > 0.0), count(|x| x < 0.0), count(|x| x == 0.0)];
            for (shares, count) in shares.iter_mut().zip(counts) {
                shares.push(count as f64 / n);
            }
            if maps.len() < drawn {
                maps.push(x.to_vec());
            }
        })?;
        let kernel = known.iter().find(|(name, _)| *name == seen.name).map(|(_, kernel)| *kernel);
        let is_swapped = kernel.is_some_and(|kernel| swapped.contains(&kernel));
        let declared = kernel.and_then(|kernel| net.param(kernel).role);
        let role = declared.map(|declared| relabel::role(declared, is_swapped));
        let mut row: Vec<Cell> = seen.cells().into();
        row.push(Cell::Text(role.map_or("none".to_owned(), |role| role.to_string())));
        row.push(Cell::Count(usize::from(is_swapped)));
        let moments = shares.each_ref().map(|shares| mean_and_sd(shares));
        row.extend(moments.iter().flatten().map(|x| Cell::Number(*x)));
        row.push(Cell::Count(shares[0].len()));
        findings.rows.push(row);
        let at = place(&seen.asked, 0);
        for (quantity, [share, _]) in ["share above 0", "share below 0", "share at 0"].into_iter().zip(moments) {
            findings.measures.push(Measure::new(&seen.name, &at, quantity, share));
        }
        let [[positive, _], [negative, _], [zero, _]] = moments.map(|shares| shares.map(|x| 100.0 * x));
        findings.notes.push(format!(
            "{}{}: {positive:.1} % of its numbers are positive, {negative:.1} % negative and {zero:.1} % exactly 0",
            seen.quoted(),
            role.map_or(String::new(), |role| format!(" ({role})"))
        ));
        parts.push(Part { seen, role, maps });
    }
    // Excitatory values stand first, as they came out of training.
    parts.sort_by_key(|part| match part.role {
        Some(Role::Excitatory) => 0,
        Some(Role::Inhibitory) => 1,
        None => 2,
    });
    for image in 0..drawn.min(bench.images()) {
        findings.figures.extend(figure(bench, &parts, image));
    }
    Ok(findings)
}

/// The maps of one image, those of each value side by side; nothing of vectors.
fn figure(bench: &Bench, parts: &[Part], image: usize) -> Option<Figure> {
    let parts: Vec<&Part> = parts.iter().filter(|part| part.seen.asked.dims.len() == 3).collect();
    let most = parts.iter().flat_map(|part| &part.maps).flatten().fold(0.0_f32, |most, x| most.max(x.abs()));
    let rows = parts.iter().map(|part| part.seen.asked.dims[0]).max()?.min(MOST_DRAWN);
    let tile = |place: usize| {
        let part = parts[place % parts.len()];
        let (height, width) = (part.seen.asked.dims[1], part.seen.asked.dims[2]);
        let values = part.maps.get(image)?.chunks_exact(height * width).nth(place / parts.len())?.to_vec();
        Some(Tile { height, width, values })
    };
    let column = |part: &&Part| {
        let role = part.role.map_or(String::new(), |role| format!(" ({role})"));
        format!("{}{role}", part.seen.title())
    };
    let scale = f64::from(most);
    let (which, class) = bench.image(image);
    Some(Figure {
        name: image.to_string(),
        caption: format!(
            "Excitatory and inhibitory feature maps of one image on one scale, positive numbers red and negative ones blue, each value \
             under the role that it came out of training with; at most {MOST_DRAWN} maps. {}; {which}{} of {}.",
            bench.about_run(),
            class.map_or(String::new(), |class| format!(" (class {class})")),
            bench.about_images()
        ),
        seen_before: "Park, Zhang and Choe (2025, Fig. 11) saw excitatory maps mostly positive and inhibitory ones mostly negative."
            .to_owned(),
        drawing: Drawing::Pictures(Pictures {
            title: format!("Excitatory and inhibitory maps of {which}"),
            rows: (0..rows).map(|map| format!("map {map}")).collect(),
            columns: parts.iter().map(column).collect(),
            tiles: (0..rows * parts.len()).map(tile).collect(),
            is_signed: true,
            scale: [-scale, scale],
            unit: "activity (dimensionless)".to_owned(),
        }),
    })
}
