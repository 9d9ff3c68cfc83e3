//! What tuning is measured with: stripes, circular variance, and the curves and functions that are fitted. Each has a closed form.

use super::tuning::{apart, near};
use lcnnc::analyses::gabor::{Gabor, Plane, principal};
use lcnnc::analyses::tuning::circular;
use lcnnc::analyses::von_mises::VonMises;
use lcnnc::data::gratings::{Grating, Picture};
use std::f64::consts::TAU;

#[test]
fn circular_variance_and_curves_have_closed_forms() {
    let at = |n: usize| 15.0 * n as f64;
    let cosine: Vec<f64> = (0..12).map(|n| 1.0 + (2.0 * (at(n) - 37.0).to_radians()).cos()).collect();
    let [orientation, variance] = circular(&cosine).unwrap();
    near(orientation, 37.0, 1e-9, "orientation");
    near(variance, 0.5, 1e-12, "half of a mean of 1");
    assert_eq!(circular(&[0.0, 0.0, 3.0, 0.0]), Some([90.0, 0.0]));
    near(circular(&[2.0; 8]).unwrap()[1], 1.0, 1e-12, "all alike");
    assert_eq!(circular(&[0.0; 8]), None);

    let curve = |n: usize| 0.3 + 1.7 * (2.0 * ((2.0 * (at(n) - 100.0).to_radians()).cos() - 1.0)).exp();
    let responses: Vec<f64> = (0..12).map(curve).collect();
    let fit = VonMises::through(&responses, 90.0).unwrap();
    for (found, wanted, what) in [
        (fit.peak, 100.0, "peak"),
        (fit.narrowness, 2.0, "k"),
        (fit.base, 0.3, "base"),
        (fit.height, 1.7, "height"),
        (fit.r2, 1.0, "R²"),
    ] {
        near(found, wanted, 1e-5, what);
    }
    // There it is halfway between its largest and its smallest value.
    let halfway = (fit.at(100.0) + fit.at(10.0)) / 2.0;
    near(fit.at(100.0 + fit.half_width()), halfway, 1e-9, "half width");
    near(VonMises::through(&cosine, 37.0).unwrap().half_width(), 45.0, 0.2, "a cosine");
    assert_eq!(VonMises::through(&[1.0; 8], 0.0), None);
    assert_eq!(VonMises::through(&[1.0, 2.0, 1.0, 0.0], 45.0), None);
}

#[test]
fn stripes_lie_as_they_are_asked_for() {
    let stripes = |orientation: f64| {
        let grating = Grating { orientation, frequency: 0.25, phase: 0.0, contrast: 1.0 };
        (Picture::Field(grating).greys([8, 8]), Picture::Window(grating, 1.0).greys([8, 8]))
    };
    let (lying, window) = stripes(0.0);
    let (standing, _) = stripes(90.0);
    let (rising, _) = stripes(45.0);
    for (row, column) in (0..7).flat_map(|row| (1..8).map(move |column| (row, column))) {
        near(lying[row * 8 + column], lying[row * 8], 1e-9, "a row that lies");
        near(standing[row * 8 + column], standing[column], 1e-9, "a column that stands");
        // Counterclockwise as a picture is seen: from bottom left to top right.
        near(rising[row * 8 + column], rising[(row + 1) * 8 + column - 1], 1e-9, "a diagonal");
    }
    near(lying[4 * 8 + 4], 1.0, 1e-12, "the middle is the brightest");
    near(lying[6 * 8 + 4], 0.0, 1e-12, "half a wave below it the darkest");
    near(window[4 * 8 + 4], 1.0, 1e-12, "the middle of a window");
    near(window[6 * 8 + 4], 0.5, 1e-12, "grey outside of it");
}

#[test]
fn a_gabor_function_comes_out_as_it_went_in() {
    for (side, orientation, frequency, phase, sigma, aspect, middle, amplitude) in [
        (7, 30.0, 0.2, 0.0, 1.6, 0.7, [0.0, 0.0], 1.0),
        (7, 90.0, 0.25, 90.0, 1.4, 0.5, [0.3, -0.4], 0.02),
        (9, 150.0, 0.15, 200.0, 2.0, 1.0, [-0.5, 0.6], 3.0),
        (11, 0.0, 0.1, 300.0, 2.5, 0.8, [0.0, 1.0], 1e-3),
        (5, 60.0, 0.22, 40.0, 1.3, 0.9, [0.0, 0.0], 0.5),
    ] {
        let put_in = Gabor { orientation, frequency, phase, sigma, aspect, middle, amplitude };
        let plane = Plane { height: side, width: side, values: put_in.drawn(side, side) };
        let (found, r2) = Gabor::through(&plane).unwrap();
        near(r2, 1.0, 1e-9, "R²");
        near(apart(found.orientation, orientation, 180.0), 0.0, 0.01, "orientation");
        near(found.frequency, frequency, 1e-4, "frequency");
        near(found.sigma, sigma, 1e-3, "sigma");
        near(found.aspect, aspect, 1e-3, "aspect");
        near(found.middle[0], middle[0], 1e-3, "row");
        near(found.middle[1], middle[1], 1e-3, "column");
        near(found.amplitude / amplitude, 1.0, 1e-3, "amplitude");
        let is_same = apart(found.phase, phase, 360.0) < 0.2;
        // Half a turn of a function that lies is the same function with the wave backwards.
        assert!(
            is_same || (found.orientation > 179.9 || orientation == 0.0) && apart(found.phase, -phase, 360.0) < 0.2,
            "{found:?}"
        );
    }
    assert_eq!(Gabor::through(&Plane { height: 5, width: 5, values: vec![0.2; 25] }), None);
    assert_eq!(Gabor::through(&Plane { height: 5, width: 5, values: vec![f64::NAN; 25] }), None);
}

/// Two planes that are orthogonal, each with orthogonal numbers for the input channels: the larger one is the principal plane.
#[test]
fn the_principal_plane_is_the_larger_one() {
    let wave = |n: usize, turn: f64| (TAU * (n as f64 / 5.0) + turn).cos();
    let planes: [Vec<f64>; 2] = [0.0, TAU / 4.0].map(|turn| (0..25).map(|place| wave(place % 5, turn)).collect());
    let channels = [[3.0, 0.0, 4.0], [0.8, 0.0, -0.6]];
    let kernel: Vec<f64> = (0..3)
        .flat_map(|channel| (0..25).map(move |place| (channel, place)))
        .map(|(channel, place)| (0..2).map(|n| channels[n][channel] * planes[n][place]).sum())
        .collect();
    let (plane, share) = principal(&kernel, [3, 5, 5]);
    near(share, 25.0 / 26.0, 1e-12, "share");
    for (found, wanted) in plane.values.iter().zip(&planes[0]) {
        near(*found, 5.0 * wanted, 1e-9, "plane");
    }
    assert_eq!(
        principal(&kernel[..25], [1, 5, 5]),
        (Plane { height: 5, width: 5, values: kernel[..25].to_vec() }, 1.0)
    );
}
