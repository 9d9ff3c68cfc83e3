//! Normalisations of single images, and `gelu`, against what they are by definition, in double precision: results and
//! gradients.

use crate::support::{distance, double, numbers};
use lcnnc_kernels::graph::{Dims, Graph, Id, Kernel, Map};
use lcnnc_kernels::image_norm::{GroupNorm, ImageNorm, ResponseNorm};
use lcnnc_kernels::{Batch, Engine, Outcome, Vectors};

const EVERY: [Vectors; 3] = [Vectors::Widest, Vectors::Narrower, Vectors::Scalar];

/// An engine that hands out what one node makes of an image.
fn engine(dims: Dims, vectors: Vectors, node: impl Fn(&mut Graph, Id) -> Id) -> Engine {
    let mut graph = Graph::default();
    let x = graph.node(Kernel::Input(0), &[], dims);
    let y = node(&mut graph, x);
    Engine::new(graph, vec![y], &[], vectors)
}

fn norm_engine(norm: ImageNorm, dims: Dims, vectors: Vectors) -> Engine {
    engine(dims, vectors, |graph, x| graph.node(Kernel::ImageNorm(norm), &[x], dims))
}

/// One image's result, and the gradient of what it was made of.
struct Defined {
    y: Vec<f64>,
    dx: Vec<f64>,
}

fn response(norm: &ResponseNorm, [channels, height, width]: Dims, x: &[f64], dy: &[f64]) -> Defined {
    let plane = height * width;
    let mut defined = Defined { y: vec![0.0; x.len()], dx: vec![0.0; x.len()] };
    for n in 0..x.len() {
        let (channel, pixel) = (n / plane, n % plane);
        let neighbours = channel.saturating_sub(norm.size / 2)..channels.min(channel + norm.size.div_ceil(2));
        let seen: Vec<usize> = neighbours.map(|other| other * plane + pixel).collect();
        let mean = seen.iter().map(|other| x[*other] * x[*other]).sum::<f64>() / norm.size as f64;
        let divisor = norm.k + norm.alpha * mean;
        defined.y[n] = x[n] * divisor.powf(-norm.beta);
        defined.dx[n] += dy[n] * divisor.powf(-norm.beta);
        let of_mean = -norm.beta * divisor.powf(-norm.beta - 1.0) * dy[n] * x[n] * norm.alpha;
        seen.iter().for_each(|other| defined.dx[*other] += of_mean * 2.0 * x[*other] / norm.size as f64);
    }
    defined
}

fn group(norm: &GroupNorm, x: &[f64], dy: &[f64]) -> Defined {
    let size = x.len() / norm.groups;
    let mut defined = Defined { y: Vec::new(), dx: Vec::new() };
    let mean = |numbers: &[f64]| numbers.iter().sum::<f64>() / numbers.len() as f64;
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).collect::<Vec<f64>>();
    for (x, dy) in x.chunks(size).zip(dy.chunks(size)) {
        let middle = mean(x);
        let centred: Vec<f64> = x.iter().map(|x| x - middle).collect();
        let deviation = (mean(&product(&centred, &centred)) + norm.epsilon).sqrt();
        let y: Vec<f64> = centred.iter().map(|x| x / deviation).collect();
        let (of_mean, of_deviation) = (mean(dy), mean(&product(dy, &y)));
        defined.dx.extend(y.iter().zip(dy).map(|(y, dy)| (dy - of_mean - y * of_deviation) / deviation));
        defined.y.extend(y);
    }
    defined
}

/// Fails unless every image comes out as defined, to some last digits of single precision.
#[track_caller]
fn compare(engine: &Engine, images: usize, x: &[f32], defined: impl Fn(&[f64], &[f64]) -> Defined, what: &str) {
    // Squares, since `numbers` in a row differ by the same step: a gradient that grows with `x` is none behind a norm.
    let dy: Vec<f32> = numbers(x.len(), 2).iter().map(|x| x * x).collect();
    let y = engine.forward(Batch::new(images, x, &[])).outputs;
    let Outcome { input_gradients: dx, .. } = engine.backward(Batch::new(images, x, &[]), &dy, true);
    let len = x.len() / images;
    for image in 0..images {
        let own = image * len..(image + 1) * len;
        let Defined { y: wanted_y, dx: wanted_dx } = defined(&double(&x[own.clone()]), &double(&dy[own.clone()]));
        let errors = [distance(&y[own.clone()], &wanted_y), distance(&dx[own], &wanted_dx)];
        assert!(errors.iter().all(|error| *error < 5e-6), "image {image}, {what}: {errors:?}");
    }
}

#[test]
fn a_response_norm_is_what_it_is_by_definition() {
    for vectors in EVERY {
        for size in [1, 2, 3, 4, 5, 11, 13, 1023] {
            for (channels, [height, width]) in [(1, [3, 4]), (2, [1, 1]), (7, [2, 3]), (33, [5, 5]), (96, [1, 3])] {
                for beta in [0.5, 0.75, 1.0, 2.5] {
                    let norm = ResponseNorm { size, alpha: 1.5, beta, k: 1.25 };
                    let dims = [channels, height, width];
                    let x: Vec<f32> = numbers(17 * channels * height * width, 1).iter().map(|x| 3.0 * x).collect();
                    compare(
                        &norm_engine(ImageNorm::Response(norm), dims, vectors),
                        17,
                        &x,
                        |x, dy| response(&norm, dims, x, dy),
                        &format!("{norm:?} of {dims:?}"),
                    );
                }
            }
        }
    }
}

#[test]
fn a_group_norm_is_what_it_is_by_definition() {
    for vectors in EVERY {
        for (dims, groups) in [([1, 3, 4], 1), ([6, 1, 1], 1), ([6, 2, 2], 3), ([8, 5, 7], 4), ([16, 24, 24], 1)] {
            let norm = GroupNorm { groups, epsilon: 1e-5 };
            // Far from zero, as what comes out of a rectifier is.
            let x: Vec<f32> = numbers(17 * dims.iter().product::<usize>(), 1).iter().map(|x| 5.0 + x).collect();
            compare(
                &norm_engine(ImageNorm::Group(norm), dims, vectors),
                17,
                &x,
                |x, dy| group(&norm, x, dy),
                &format!("{norm:?} of {dims:?}"),
            );
        }
    }
}

/// What is beyond the neighbourhood changes no bit, however large it is.
#[test]
fn a_response_norm_sees_its_neighbours_alone() {
    const DIMS: Dims = [12, 2, 5];
    let norm = ResponseNorm { size: 3, alpha: 2.0, beta: 0.75, k: 1.0 };
    let engine = norm_engine(ImageNorm::Response(norm), DIMS, Vectors::default());
    let (usual, dy) = (numbers(120, 1), numbers(120, 2));
    let outcome = |x: &[f32]| {
        [
            engine.forward(Batch::new(1, x, &[])).outputs,
            engine.backward(Batch::new(1, x, &[]), &dy, true).input_gradients,
        ]
    };
    let expected = outcome(&usual);
    for large in [1e18, f32::INFINITY, f32::NAN] {
        let mut x = usual.clone();
        x[..10].fill(large);
        for (found, expected) in outcome(&x).iter().zip(&expected) {
            // A gradient is that of three results, the outermost of which have neighbours of their own.
            assert_eq!(found[30..], expected[30..], "behind {large}");
            assert_ne!(found[10..20], expected[10..20]);
        }
    }
}

#[test]
fn zeros_stay_zeros_in_a_response_norm() {
    const DIMS: Dims = [12, 2, 5];
    for beta in [0.5, 0.75, 1.3] {
        let norm = ImageNorm::Response(ResponseNorm { size: 5, alpha: 2.0, beta, k: 0.5 });
        let engine = norm_engine(norm, DIMS, Vectors::default());
        let x: Vec<f32> = numbers(120, 1).iter().map(|x| x.max(0.0)).collect();
        let y = engine.forward(Batch::new(1, &x, &[])).outputs;
        assert!(x.contains(&0.0));
        assert!(x.iter().zip(&y).all(|(x, y)| (*x == 0.0) == (*y == 0.0)));
        // A gradient that is zero all over is zero before the norm.
        assert!(engine.backward(Batch::new(1, &x, &[]), &[0.0; 120], true).input_gradients.iter().all(|dx| *dx == 0.0));
    }
}

/// The error function in double precision, by its series of positive terms: `2 / sqrt(pi) * exp(-x^2)` times the sum of
/// `2^n x^(2n+1) / (2n+1)!!`.
fn erf(x: f64) -> f64 {
    let (mut term, mut sum) = (x, 0.0);
    for n in 0..300 {
        sum += term;
        term *= 2.0 * x * x / f64::from(2 * n + 3);
    }
    sum * (-x * x).exp() * std::f64::consts::FRAC_2_SQRT_PI
}

#[test]
fn gelu_is_exact_to_its_last_digits() {
    let x: Vec<f32> = (-4000..=4000).map(|n| n as f32 * 2e-3).chain([1e-30, -1e-30, 30.0, -30.0]).collect();
    let below =
        |x: f64| 0.5 * (1.0 + if x.abs() < 9.0 { erf(x * std::f64::consts::FRAC_1_SQRT_2) } else { x.signum() });
    let density = |x: f64| (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
    for vectors in EVERY {
        let engine = engine([1, 1, x.len()], vectors, |graph, x| graph.map(Map::Gelu, &[x]));
        let y = engine.forward(Batch::new(1, &x, &[])).outputs;
        let Outcome { input_gradients: dx, .. } = engine.backward(Batch::new(1, &x, &[]), &vec![1.0; x.len()], true);
        for ((x, y), dx) in x.iter().zip(y).zip(dx) {
            let wide = f64::from(*x);
            let (wanted, slope) = (wide * below(wide), below(wide) + wide * density(wide));
            // In the tail on the left, `1 + erf` is next to zero and off by as much as `1` is.
            let bound = 2e-7 * wide.abs().min(wanted.abs() + 1.0);
            assert!((f64::from(y) - wanted).abs() <= bound, "gelu({x}) is {y:e}, not {wanted:e}");
            assert!((f64::from(dx) - slope).abs() < 4e-7, "the slope at {x} is {dx:e}, not {slope:e}");
        }
    }
}
