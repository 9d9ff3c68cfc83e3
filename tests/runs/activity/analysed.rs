//! The analyses of what a net makes and of its lateral weights.

use super::{npz, place, weights};
use crate::shell::{fine, lcnnc};
use std::fs;

/// The cells of a table, row by row, by column.
fn table(csv: &str, column: &str) -> Vec<String> {
    let mut lines = csv.lines();
    let at = lines.next().unwrap().split(',').position(|name| name == column).unwrap();
    lines.map(|line| line.split(',').nth(at).unwrap().to_owned()).collect()
}

fn numbers(csv: &str, column: &str) -> Vec<f64> {
    table(csv, column).iter().map(|cell| cell.parse().unwrap()).collect()
}

#[test]
fn sparsity_is_that_of_the_activations() {
    let place = place();
    let here = place.path();
    fine(here, "activations run --values O@all --out x.npz");
    let (_, all) = npz(&here.join("x.npz"), "O@all");
    let csv = fine(here, "analyse run sparsity(of:O)");
    assert_eq!(table(&csv, "step"), ["0", "1", "2", "3"]);
    let (images, len) = (40, 3 * 144);
    for step in 0..4 {
        let of = |image: usize| &all[(image * 4 + step) * len..][..len];
        // Raw moments, which is another way than around the mean.
        let kurtosis = |x: &[f64]| {
            let raw = |power: i32| x.iter().map(|x| x.powi(power)).sum::<f64>() / len as f64;
            let [m, s, t, f] = [1, 2, 3, 4].map(raw);
            (f - 4.0 * m * t + 6.0 * m * m * s - 3.0 * m.powi(4)) / (s - m * m).powi(2)
        };
        let zeros: f64 = (0..images).map(|n| of(n).iter().filter(|x| **x == 0.0).count() as f64 / len as f64).sum();
        let fourth: f64 = (0..images).map(|n| kurtosis(of(n))).sum();
        for (column, sum) in [("zeros", zeros), ("kurtosis", fourth)] {
            let (found, expected) = (numbers(&csv, column)[step], sum / images as f64);
            assert!((found - expected).abs() < 1e-6 * expected, "{column} at {step}: {found} is not {expected}");
        }
    }
}

/// A kernel whose weights are all `c`, from 3 maps to 3: at zero frequency each entry of the matrix is `9 c`, so that the largest
/// eigenvalue is `27 c`; elsewhere it is the product of two Dirichlet kernels times that.
#[test]
fn the_spectrum_of_equal_weights_is_known() {
    let place = place();
    let csv = fine(place.path(), "analyse run spectrum(side:12,random:0)");
    let c = f64::from(0.02_f32);
    let of_side = |f: f64| (1.0 + 2.0 * (std::f64::consts::TAU * f).cos()) / 3.0;
    let (rows, columns) = (numbers(&csv, "row_frequency"), numbers(&csv, "column_frequency"));
    let (radii, gains) = (numbers(&csv, "radius"), numbers(&csv, "gain"));
    assert_eq!(radii.len(), 2 * 144, "before and after training");
    for n in 0..radii.len() {
        let expected = (27.0 * c * of_side(rows[n]) * of_side(columns[n])).abs();
        for found in [radii[n], gains[n]] {
            assert!((found - expected).abs() < 1e-9, "({}, {}): {found} is not {expected}", rows[n], columns[n]);
        }
    }
    // With zeros around the map, the eigenvalue is that of sines that vanish outside of it.
    let said = fine(place.path(), "analyse run spectrum(side:12,random:0) --out x.csv");
    let expected = 3.0 * c * (1.0 + 2.0 * (std::f64::consts::PI / 13.0).cos()).powi(2);
    assert!(said.contains(&format!("{expected:.3} with zero padding")), "{expected}: {said}");
}

#[test]
fn similarity_compares_every_pair() {
    let place = place();
    let here = place.path();
    let csv = fine(here, "analyse run similarity");
    assert_eq!(table(&csv, "weights"), ["initial", "initial", "initial", "best", "best", "best"]);
    let w = weights(&here.join("run/best.safetensors"), "W_A.weight");
    for (row, [p, q]) in [[0, 1], [0, 2], [1, 2]].into_iter().enumerate() {
        let expected = (0..9).map(|tap| (w[p * 9 + tap] - w[q * 9 + tap]).powi(2)).sum::<f64>().sqrt();
        assert!((numbers(&csv, "d_afferent")[3 + row] - expected).abs() < 1e-12);
        // All lateral kernels are the same.
        assert_eq!((numbers(&csv, "d_lateral")[row], numbers(&csv, "d_lateral_se")[row]), (0.0, 0.0));
    }
}

#[test]
fn histograms_count_every_weight() {
    let place = place();
    let here = place.path();
    let csv = fine(here, "analyse run histograms(bins:7)");
    let of = |parameter: &str, time: &str| {
        let rows = table(&csv, "parameter").into_iter().zip(table(&csv, "weights")).zip(numbers(&csv, "count"));
        rows.filter(|((p, t), _)| p == parameter && t == time).map(|(_, count)| count).collect::<Vec<f64>>()
    };
    for (parameter, count) in [("W_A.weight", 27.0), ("W_L.weight", 81.0)] {
        for time in ["initial", "best"] {
            let counts = of(parameter, time);
            assert_eq!((counts.len(), counts.iter().sum::<f64>()), (7, count), "{parameter}, {time}");
        }
    }
    let w = weights(&here.join("run/best.safetensors"), "W_A.weight");
    let (from, to) = (numbers(&csv, "from"), numbers(&csv, "to"));
    let counted = w.iter().filter(|x| **x >= from[2] && **x < to[2]).count();
    assert_eq!(of("W_A.weight", "best")[2], counted as f64);
}

#[test]
fn all_that_apply_go_into_the_folder_of_the_run() {
    let place = place();
    let here = place.path();
    let said = fine(here, "analyse run");
    assert!(said.contains("ei_ratio: left out, since no penalty of the net pushes"), "{said}");
    let files = |ending: &str| {
        let files = fs::read_dir(here.join("run/analyses")).unwrap().map(|file| file.unwrap().file_name());
        files.filter(|name| name.to_string_lossy().ends_with(ending)).count()
    };
    assert_eq!(files("svg"), files("png"));
    assert!(files("svg") >= 5 && files("csv") >= 6);
    for name in ["maps_O_0.svg", "sparsity.svg", "similarity.svg", "spectrum.svg", "histograms.svg"] {
        let svg = fs::read_to_string(here.join("run/analyses").join(name)).unwrap();
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"), "{name}");
    }
    let page = fs::read_to_string(here.join("run/analyses/report.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.len() < 3_000_000, "{}", page.len());
    assert_eq!(page.matches("<figure>").count(), files("svg"), "every figure is on the page");
    assert_eq!(page.matches("role=\"img\"").count(), files("svg"), "and has an alternative in words");
    for absent in ["<script", "http://127", "src=\"", "<link", "@import"] {
        assert!(!page.contains(absent), "{absent}");
    }
    assert!(
        page.contains("Left out") && page.contains("ei_ratio: no penalty of the net pushes"),
        "what is left out is said"
    );
    assert!(
        page.contains("Both axes are logarithmic. Loop trained on contours, best weights"),
        "each figure says of which net"
    );
    assert!(!page.contains("saw the penalty pull"), "this net has none");
    // The run is still a run, and the same analysis gives the same bytes.
    fine(here, "eval run");
    let before = fs::read(here.join("run/analyses/maps_O_1.png")).unwrap();
    fine(here, "analyse run maps spectrum --into again");
    assert_eq!(fs::read(here.join("again/maps_O_1.png")).unwrap(), before);
    let (code, _, err) = lcnnc(here, "analyse run ei_ratio");
    assert!(code == Some(2) && err.contains("`ei_ratio` has nothing to say of this run"), "{err}");
}
