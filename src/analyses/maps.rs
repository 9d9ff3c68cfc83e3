//! The feature maps of a few images, step by step (Park, Zhang & Choe, 2025, Fig. 5).

use super::moments::Spread;
use super::table::WHOSE;
use super::values::{self, OF, asked, has_maps};
use super::{Analysis, Bench, Cell, Column, Figure, Findings};
use crate::figures::{Drawing, Pictures, Tile};
use crate::train::TrainError;
use lcnnc_lang::vocabulary::{Arg, ArgValue, Bound, Type};

/// Feature maps that a figure has at most: of a layer with more, the first ones are drawn.
const MOST_DRAWN: usize = 16;

pub const MAPS: Analysis = Analysis {
    name: "maps",
    about: "feature maps of the first images at every step, all on one scale, a row for each map (Park et al., 2025, Fig. 5)",
    args: &[
        OF,
        Arg::with(
            "images",
            Type::Count { min: 1, max: 100 },
            ArgValue::Count(2),
            "how many images, the first ones that are shown",
        ),
    ],
    columns: &[
        Column { name: "value", about: "the value, as in `O`" },
        Column { name: "image", about: "the image among those that are shown, from 0" },
        Column { name: "which", about: "the image in its data set, as in `image 3`, or its file" },
        Column { name: "class", about: "its class; empty for image files" },
        Column { name: "step", about: "the step of its loop, 0 for the initial value; empty outside of loops" },
        Column { name: "channel", about: "the feature map, from 0" },
        Column { name: "mean", about: "mean activity of its pixels" },
        Column { name: "minimum", about: "smallest activity" },
        Column { name: "maximum", about: "largest activity" },
        Column { name: "zeros", about: "share of pixels that are exactly 0, from 0 to 1" },
        WHOSE,
    ],
    watches: true,
    applies: has_maps,
    run,
};

fn run(bench: &Bench, call: &Bound) -> Result<Findings, TrainError> {
    let (mut findings, most) = (Findings::default(), call.count("images"));
    for asked in asked(bench.net(), call.names("of"))? {
        if asked.dims.len() != 3 {
            let reason = format!("`{}` is no feature map: it has neither rows nor columns", asked.text);
            return Err(super::wrong_call("maps", reason));
        }
        let [channels, height, width] = values::map_of(&asked);
        let (name, steps) = (values::name(&asked), asked.steps.len().max(1));
        // The maps of each image, step after step.
        let mut images: Vec<Vec<Vec<f32>>> = Vec::new();
        bench.watch_some(&asked, most, &mut |step, x| {
            if step == 0 {
                images.push(Vec::new());
            }
            images.last_mut().into_iter().for_each(|image| image.push(x.to_vec()));
        })?;
        for (n, image) in images.iter().enumerate() {
            let (which, class) = bench.image(n);
            for (step, maps) in image.iter().enumerate() {
                let at = values::step(&asked, step);
                for (channel, map) in maps.chunks_exact(height * width).enumerate() {
                    let map: Vec<f64> = map.iter().map(|x| f64::from(*x)).collect();
                    let Spread { mean, minimum, maximum, .. } = Spread::of(&map);
                    let zeros = map.iter().filter(|x| **x == 0.0).count() as f64 / map.len() as f64;
                    let mut row = vec![Cell::Text(name.to_owned()), Cell::Count(n), Cell::Text(which.clone())];
                    row.push(class.clone().map_or(Cell::Absent, Cell::Text));
                    row.push(at.clone().map_or(Cell::Absent, Cell::Text));
                    row.push(Cell::Count(channel));
                    row.extend([mean, minimum, maximum, zeros].map(Cell::Number));
                    findings.rows.push(row);
                }
            }
            let drawn = channels.min(MOST_DRAWN);
            let tile = |place: usize| {
                let maps = image.get(place % steps)?;
                let values = maps[place / steps * height * width..][..height * width].to_vec();
                Some(Tile { height, width, values })
            };
            let ends = image.iter().flatten().fold([0.0_f32; 2], |[low, high], x| [low.min(*x), high.max(*x)]);
            let columns = (0..steps).map(|step| values::title(&asked, step));
            let pictures = Pictures {
                title: format!("{name} of {which}"),
                rows: (0..drawn).map(|channel| format!("map {channel}")).collect(),
                columns: columns.collect(),
                tiles: (0..drawn * steps).map(tile).collect(),
                is_signed: ends[0] < 0.0,
                scale: if ends[0] < 0.0 {
                    let end = f64::from(ends[1].max(-ends[0]));
                    [-end, end]
                } else {
                    [0.0, f64::from(ends[1])]
                },
                unit: "activity (dimensionless)".to_owned(),
            };
            let left = if channels > drawn {
                format!(" The first {drawn} of {channels} maps are drawn.")
            } else {
                String::new()
            };
            findings.figures.push(Figure {
                name: format!("{name}_{n}"),
                caption: format!(
                    "Feature maps of `{name}` for one image, step by step, all on one scale.{left} {}; {which}{} of {}.",
                    bench.about_run(),
                    class.map_or(String::new(), |class| format!(" (class {class})")),
                    bench.about_images()
                ),
                seen_before: "Park, Zhang and Choe (2025, Fig. 5) saw the background darken and the foreground brighten.".to_owned(),
                drawing: Drawing::Pictures(pictures),
            });
        }
    }
    Ok(findings)
}
